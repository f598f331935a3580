import { ok, strictEqual as equal } from "node:assert/strict";
import { semidefiniteCholesky } from "../../../../eval/metrics/linalg/semidefinite_cholesky.ts";
import { seeded } from "../../seeded.ts";

/** `B B^T` of a random `B` `[d, rank]`. */
function ofRank(d: number, rank: number): Float64Array {
  const b = seeded(d * rank, 4);
  return Float64Array.from({ length: d * d }, (_, at) => {
    let sum = 0;
    for (let k = 0; k < rank; k++) sum += b[(at / d | 0) * rank + k] * b[at % d * rank + k];
    return sum;
  });
}

Deno.test("semidefiniteCholesky() gives back the matrix, with as many columns as its rank", () => {
  for (const [d, expected] of [[1, 1], [6, 6], [40, 40], [40, 13], [9, 1]]) {
    const matrix = ofRank(d, expected);
    const { factor, rank, order } = semidefiniteCholesky(matrix, d);
    equal(rank, expected);
    for (let i = 0; i < d; i++) {
      for (let j = 0; j < d; j++) {
        let sum = 0;
        for (let k = 0; k < rank; k++) sum += factor[i * rank + k] * factor[j * rank + k];
        ok(Math.abs(sum - matrix[order[i] * d + order[j]]) < 1e-12 * d);
      }
      for (let k = i + 1; k < rank; k++) equal(factor[i * rank + k], 0);
    }
  }
});

Deno.test("semidefiniteCholesky() of zeros has rank 0", () => {
  equal(semidefiniteCholesky(new Float64Array(9), 3).rank, 0);
});
