import type { SumAttrs } from "../ops/sum.ts";
import type { Evaluation } from "./evaluation.ts";

/** The evaluation of {@linkcode maxOp}. */
export const evaluateMax: Evaluation<null> = ([x], { inputs: [{ shape: [rows, columns] }] }) => {
  return [
    Float64Array.from({ length: rows }, (_, r) => {
      let top = -Infinity;
      for (let c = 0; c < columns; c++) top = Math.max(top, x[r * columns + c]);
      return top;
    }),
  ];
};

/** The evaluation of {@linkcode sumOp}. */
export const evaluateSum: Evaluation<SumAttrs> = ([x], { attrs: { outer, reduce, inner } }) => {
  const out = new Float64Array(outer * inner);
  for (let a = 0; a < outer; a++) {
    for (let r = 0; r < reduce; r++) {
      for (let b = 0; b < inner; b++) out[a * inner + b] += x[(a * reduce + r) * inner + b];
    }
  }
  return [out];
};

/** The evaluation of {@linkcode sumOfSquaresOp}. */
export const evaluateSumOfSquares: Evaluation<null> = (
  [x],
) => [Float64Array.of(x.reduce((total, v) => total + v * v, 0))];
