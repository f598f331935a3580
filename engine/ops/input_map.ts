import type { Node } from "../tensor.ts";
import { broadcastStrides, type ElementwiseOperation } from "./elementwise.ts";
import { collapse, readsVectors, type ViewMap } from "./view_map.ts";

/** How a node reads an input: its own map or plain broadcasting, with dimensions merged. */
export function inputMap(node: Node, i: number): ViewMap {
  const op = node.op as ElementwiseOperation;
  const shape = node.outputs[0].shape;
  return collapse(
    op.map?.(node) ?? { shape, strides: broadcastStrides(node.inputs[i].shape, shape), offset: 0 },
  );
}

/** True where an elementwise node reads input `i` at its own output index. */
export function isIndexIdentical(node: Node, i: number): boolean {
  const map = inputMap(node, i);
  return (map.shape.length === 0 && map.offset === 0) ||
    (map.shape.length === 1 && map.strides[0] === 1 && map.offset === 0 && !map.inside);
}

/** True where every load of the nodes can be made in whole vectors. */
export function fitsVec4(nodes: readonly Node[], size: number): boolean {
  return size % 4 === 0 &&
    nodes.every((node) => node.inputs.every((_, i) => readsVectors(inputMap(node, i))));
}
