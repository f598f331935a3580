import { semidefiniteCholesky } from "./linalg/semidefinite_cholesky.ts";

/** Rounding to float32 stays well below this fraction of the largest variance. */
const ROUNDING = 1e-5;
/** Pivots below this fraction of the largest variance are left to the check of the remainder. */
const LEAST_PIVOT = 1e-6;

/**
 * Why a matrix `[d, d]` is no covariance: it is asymmetric, or not positive semidefinite, beyond
 * rounding to float32; null where it is one.
 */
export function covarianceFault(sigma: Float64Array, d: number): string | null {
  let largest = 0;
  for (let i = 0; i < d; i++) largest = Math.max(largest, Math.abs(sigma[i * (d + 1)]));
  const tolerance = ROUNDING * largest;
  for (let i = 0; i < d; i++) {
    const variance = sigma[i * (d + 1)];
    if (variance < -tolerance) return `its variance ${i} is negative (${variance})`;
    for (let j = 0; j < i; j++) {
      const [below, above] = [sigma[i * d + j], sigma[j * d + i]];
      if (Math.abs(below - above) > tolerance) {
        return `it is not symmetric: [${i}, ${j}] is ${below} and [${j}, ${i}] is ${above}`;
      }
    }
  }
  const { factor, rank, order } = semidefiniteCholesky(sigma, d, LEAST_PIVOT);
  // What remains of a semidefinite matrix is smaller than its largest pivot.
  for (let i = rank; i < d; i++) {
    for (let j = rank; j <= i; j++) {
      let remainder = sigma[order[i] * d + order[j]];
      for (let k = 0; k < rank; k++) remainder -= factor[i * rank + k] * factor[j * rank + k];
      if (Math.abs(remainder) > tolerance) return "it has negative eigenvalues";
    }
  }
  return null;
}
