import type { Evaluation } from "./evaluation.ts";

/** The evaluation of {@linkcode softmaxOp}. */
export const evaluateSoftmax: Evaluation<null> = (
  [x],
  { outputs: [y] },
) => [softmaxRows(x, y.shape[y.shape.length - 1])];

/** The evaluation of {@linkcode softmaxBackwardOp}. */
export const evaluateSoftmaxBackward: Evaluation<null> = ([y, grad], { outputs: [out] }) => [
  softmaxRowsBackward(y, grad, out.shape[out.shape.length - 1]),
];

/** Softmax of rows of `n` elements, in float64. */
export function softmaxRows(x: Float64Array, n: number): Float64Array {
  const y = new Float64Array(x.length);
  for (let o = 0; o < x.length; o += n) {
    let top = -Infinity;
    for (let i = 0; i < n; i++) top = Math.max(top, x[o + i]);
    let total = 0;
    for (let i = 0; i < n; i++) total += y[o + i] = Math.exp(x[o + i] - top);
    for (let i = 0; i < n; i++) y[o + i] /= total;
  }
  return y;
}

/** The gradient of {@linkcode softmaxRows} from its output. */
export function softmaxRowsBackward(y: Float64Array, grad: Float64Array, n: number): Float64Array {
  const dx = new Float64Array(y.length);
  for (let o = 0; o < y.length; o += n) {
    let dot = 0;
    for (let i = 0; i < n; i++) dot += y[o + i] * grad[o + i];
    for (let i = 0; i < n; i++) dx[o + i] = y[o + i] * (grad[o + i] - dot);
  }
  return dx;
}
