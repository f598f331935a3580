import { ancestors } from "./graph.ts";
import { type InputAttrs, inputOp } from "./leaves.ts";
import { isElementwise } from "./ops/elementwise.ts";
import { evaluateElementwise } from "./reference/elementwise.ts";
import { evaluationOf } from "./reference/evaluations.ts";
import type { Node, Tensor } from "./tensor.ts";

/**
 * Values for leaves: by input name, or by tensor.
 * @category Engine
 */
export type LeafValues =
  | Readonly<Record<string, ArrayLike<number>>>
  | ReadonlyMap<Tensor, ArrayLike<number>>;

/**
 * Runs a graph in float64 on the CPU, one operation after another: the reference for kernels and
 * gradients.
 *
 * @returns the elements of each of `outputs`, row-major
 * @throws {Error} naming the input or the state that was not given
 * @category Engine
 */
export function evaluateReference(
  outputs: readonly Tensor[],
  leaves: LeafValues = {},
): Float64Array[] {
  const values = new Map<Tensor, Float64Array>();
  for (const node of ancestors(outputs)) {
    const results = given(node, leaves) ??
      evaluate(node, node.inputs.map((t) => values.get(t)!));
    node.outputs.forEach((t, i) => values.set(t, results[i]));
  }
  return outputs.map((t) => values.get(t)!);
}

function given(node: Node, leaves: LeafValues): Float64Array[] | undefined {
  if (node.inputs.length > 0) return undefined;
  const value = leaves instanceof Map
    ? leaves.get(node.outputs[0])
    : node.op === inputOp
    ? (leaves as Record<string, ArrayLike<number>>)[(node.attrs as InputAttrs).name]
    : undefined;
  return value && [Float64Array.from(value)];
}

function evaluate(node: Node, inputs: readonly Float64Array[]): Float64Array[] {
  const { op } = node;
  if (isElementwise(op)) return evaluateElementwise(op, inputs, node);
  const evaluation = evaluationOf(op);
  if (evaluation) return evaluation(inputs, node);
  const what = op === inputOp ? `input "${(node.attrs as InputAttrs).name}"` : `"${op.name}"`;
  throw new Error(
    `reference evaluator: ${what} ${inputs.length > 0 ? "has no evaluation" : "was not given"}`,
  );
}
