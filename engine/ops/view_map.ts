import { type Shape, sizeOf } from "../tensor.ts";

/**
 * How the elements of a row-major output read a flat input: element `(i0, i1, ..)` of `shape` reads
 * `offset + sum(i_d * strides[d])`, or is 0 where `inside` is given and some `i_d` is not within
 * `inside[d] = [from, to)`.
 */
export interface ViewMap {
  readonly shape: Shape;
  readonly strides: readonly number[];
  readonly offset: number;
  readonly inside?: readonly (readonly [number, number])[];
}

/** Reads a flat array through a map; the result is row-major in the map's shape. */
export function readMapped(
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
