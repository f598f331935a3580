import { ancestors } from "./graph.ts";
import { constant } from "./leaves.ts";
import { add } from "./ops/binary.ts";
import { cast } from "./ops/cast.ts";
import { rootOf } from "./ops/views.ts";
import {
  apply,
  type FloatType,
  inRegion,
  type Node,
  ShapeError,
  shapeText,
  type Tensor,
} from "./tensor.ts";

/**
 * Gradients of a scalar with respect to tensors of its graph, by reverse accumulation. They are
 * graphs themselves: nothing is computed here.
 *
 * @param loss a tensor of one element
 * @returns one tensor for each of `wrt`, of its shape, in f32: gradients of f16 values are f16 on
 * the way, but the sum for a weight may exceed its range
 * @throws {ShapeError} where the loss is not a scalar, does not depend on one of `wrt`, or passes
 * an operation without an adjoint on the way
 * @category Engine
 */
export function grad(loss: Tensor, wrt: readonly Tensor[]): Tensor[] {
  if (loss.size !== 1) throw new ShapeError(`grad: the loss has shape ${shapeText(loss.shape)}`);
  const nodes = ancestors([loss]);
  const targets = new Set(wrt);
  const needed = new Set<Node>();
  for (const node of nodes) {
    if (node.outputs.some((t) => targets.has(t)) || node.inputs.some((t) => needed.has(t.node))) {
      needed.add(node);
    }
  }
  const grads = new Map<Tensor, Tensor>([[loss, constant([1], loss.shape)]]);
  const recomputed = new Map<Node, Node>();
  for (const node of nodes.reverse()) {
    const incoming = node.outputs.map((t) => grads.get(t));
    if (!needed.has(node) || incoming.every((g) => !g)) continue;
    if (!node.inputs.some((t) => needed.has(t.node))) continue;
    if (!node.op.adjoint) throw new ShapeError(`grad: "${node.op.name}" has no adjoint`);
    const values = node.region ? recompute(node, recomputed) : node;
    const outgoing = node.op.adjoint(values, incoming);
    node.inputs.forEach((t, i) => {
      const g = outgoing[i];
      if (!g || !needed.has(t.node)) return;
      const sum = grads.get(t);
      const typed = cast(g, targets.has(rootOf(t)) ? "f32" : t.dtype as FloatType);
      grads.set(t, sum ? add(sum, typed) : typed);
    });
  }
  return wrt.map((t) => {
    const g = grads.get(t);
    if (!g) {
      throw new ShapeError(
        `grad: the loss does not depend on ${t.node.op.name} ${shapeText(t.shape)}`,
      );
    }
    return g;
  });
}

/**
 * Traces a part of the graph whose inner values are not retained for the backward pass but
 * recomputed there (activation checkpointing, Chen et al. 2016).
 * @category Engine
 */
export function checkpoint(trace: () => Tensor): Tensor {
  return inRegion(trace);
}

/** A copy of a region's node that takes its inputs from copies of the region's other nodes. */
function recompute(node: Node, copies: Map<Node, Node>): Node {
  if (node.inputs.length === 0) return node;
  const known = copies.get(node);
  if (known) return known;
  const inputs = node.inputs.map((t) =>
    t.node.region === node.region ? recompute(t.node, copies).outputs[t.index] : t
  );
  const copy = apply(node.op, inputs, node.attrs)[0].node;
  copies.set(node, copy);
  return copy;
}
