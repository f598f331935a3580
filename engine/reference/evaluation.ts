import type { Node } from "../tensor.ts";

/**
 * What an operation computes: every output in float64, row-major, from the inputs in float64. Slow
 * and plain, as kernels are compared with it.
 */
export type Evaluation<A = unknown> = (
  inputs: readonly Float64Array[],
  node: Node<A>,
) => Float64Array[];
