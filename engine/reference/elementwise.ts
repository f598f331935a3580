import { broadcastStrides, type ElementwiseOperation } from "../ops/elementwise.ts";
import type { ViewMap } from "../ops/view_map.ts";
import { type Node, sizeOf } from "../tensor.ts";

/** The evaluation of every elementwise operation: its `f`, of what its map reads. */
export function evaluateElementwise(
  { f, map }: ElementwiseOperation,
  inputs: readonly Float64Array[],
  node: Node,
): Float64Array[] {
  const { shape } = node.outputs[0];
  const operands = inputs.map((x, i) => {
    const strides = () => broadcastStrides(node.inputs[i].shape, shape);
    return readMapped(x, map?.(node) ?? { shape, strides: strides(), offset: 0 });
  });
  const out = new Float64Array(sizeOf(shape));
  const row = new Array<number>(operands.length);
  for (let i = 0; i < out.length; i++) {
    for (let j = 0; j < row.length; j++) row[j] = operands[j][i];
    out[i] = f(row, node.attrs);
  }
  return [out];
}

/** Reads a flat array through a map; the result is row-major in the map's shape. */
function readMapped(
  x: Float64Array,
  { shape, strides, offset, inside }: ViewMap,
): Float64Array {
  const out = new Float64Array(sizeOf(shape));
  const rank = shape.length;
  const index = new Array<number>(rank).fill(0);
  for (let flat = 0; flat < out.length; flat++) {
    let at = offset;
    let ok = true;
    for (let d = 0; d < rank; d++) {
      at += index[d] * strides[d];
      if (inside && (index[d] < inside[d][0] || index[d] >= inside[d][1])) ok = false;
    }
    if (ok) out[flat] = x[at];
    for (let d = rank - 1; d >= 0 && ++index[d] === shape[d]; d--) index[d] = 0;
  }
  return out;
}
