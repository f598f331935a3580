/** A factor of a positive semidefinite matrix, its rows in pivoting order. */
export interface SemidefiniteCholesky {
  /** `[d, rank]`, row-major: row k is zero beyond column k. */
  readonly factor: Float64Array;
  /** Numerical rank. */
  readonly rank: number;
  /** `[d]`: row k of the factor belongs to row `order[k]` of the matrix. */
  readonly order: Int32Array;
}

/**
 * Cholesky's factorisation with diagonal pivoting of a positive semidefinite matrix `[d, d]`, in
 * float64: `matrix[order[i], order[j]] = sum_k factor[i, k] factor[j, k]`. It stops where the remainder
 * is rounding error, so a rank-deficient matrix has a narrow factor. Only the symmetric part counts.
 *
 * @param tolerance the least pivot, as a fraction of the largest
 */
export function semidefiniteCholesky(
  matrix: Float64Array,
  d: number,
  tolerance: number = d * Number.EPSILON,
): SemidefiniteCholesky {
  const rows = new Float64Array(d * d);
  const order = Int32Array.from({ length: d }, (_, i) => i);
  const left = Float64Array.from({ length: d }, (_, i) => matrix[i * (d + 1)]);
  const least = tolerance * Math.max(0, ...left);
  let rank = 0;
  for (; rank < d; rank++) {
    let pivot = rank;
    for (let i = rank + 1; i < d; i++) if (left[i] > left[pivot]) pivot = i;
    if (!(left[pivot] > least)) break;
    swap(rows, order, left, d, rank, pivot);
    const root = Math.sqrt(left[rank]);
    rows[rank * d + rank] = root;
    const source = order[rank];
    for (let i = rank + 1; i < d; i++) {
      const mean = (matrix[order[i] * d + source] + matrix[source * d + order[i]]) / 2;
      const value = (mean - dot(rows, i * d, rank * d, rank)) / root;
      rows[i * d + rank] = value;
      left[i] -= value * value;
    }
  }
  const factor = new Float64Array(d * rank);
  for (let i = 0; i < d; i++) factor.set(rows.subarray(i * d, i * d + rank), i * rank);
  return { factor, rank, order };
}

function swap(
  rows: Float64Array,
  order: Int32Array,
  left: Float64Array,
  d: number,
  i: number,
  j: number,
): void {
  if (i === j) return;
  [order[i], order[j]] = [order[j], order[i]];
  [left[i], left[j]] = [left[j], left[i]];
  const row = rows.slice(i * d, i * d + i);
  rows.copyWithin(i * d, j * d, j * d + i);
  rows.set(row, j * d);
}

function dot(rows: Float64Array, a: number, b: number, n: number): number {
  let s0 = 0, s1 = 0, s2 = 0, s3 = 0;
  let k = 0;
  for (; k + 3 < n; k += 4) {
    s0 += rows[a + k] * rows[b + k];
    s1 += rows[a + k + 1] * rows[b + k + 1];
    s2 += rows[a + k + 2] * rows[b + k + 2];
    s3 += rows[a + k + 3] * rows[b + k + 3];
  }
  for (; k < n; k++) s0 += rows[a + k] * rows[b + k];
  return s0 + s1 + (s2 + s3);
}
