import { MetricError } from "./metric_error.ts";
import type { FeatureStatistics } from "./inception/feature_statistics.ts";
import { NotFiniteError } from "../not_finite_error.ts";
import { semidefiniteCholesky } from "./linalg/semidefinite_cholesky.ts";
import { symmetricEigenvalues } from "./linalg/symmetric_eigenvalues.ts";
import { addTransposedProduct } from "./linalg/transposed_product.ts";

/**
 * The squared Frechet distance of two Gaussians (Heusel et al., NeurIPS 2017, equation 6):
 * `|mu1 - mu2|^2 + tr(S1 + S2 - 2 (S1 S2)^(1/2))`, in float64.
 *
 * With a factor `S1 = L L^T` the eigenvalues of `S1 S2` are those of the symmetric `L^T S2 L`, so the
 * trace of the root is the sum of their roots; a rank-deficient covariance is no special case.
 *
 * @throws {MetricError} where their features differ in width
 * @throws {NotFiniteError} where a mean or covariance has a value that is not finite
 * @category Metrics
 */
export function frechetDistance(a: FeatureStatistics, b: FeatureStatistics): number {
  const d = a.mu.length;
  if (b.mu.length !== d) {
    throw new MetricError(`features of ${d} and of ${b.mu.length} numbers cannot be compared`);
  }
  if (![a.mu, a.sigma, b.mu, b.sigma].every((values) => values.every(Number.isFinite))) {
    throw new NotFiniteError("features have a mean or a covariance that is no number");
  }
  let distance = 0;
  for (let i = 0; i < d; i++) {
    distance += (a.mu[i] - b.mu[i]) ** 2 + a.sigma[i * (d + 1)] + b.sigma[i * (d + 1)];
  }
  // Rounding can make the distance of equal Gaussians negative.
  return Math.max(0, distance - 2 * traceOfRoot(a.sigma, b.sigma, d));
}

/** `tr((S1 S2)^(1/2))` of covariances `[d, d]`. */
function traceOfRoot(s1: Float64Array, s2: Float64Array, d: number): number {
  const { factor, rank, order } = semidefiniteCholesky(s1, d);
  if (rank === 0) return 0;
  const permuted = new Float64Array(d * d);
  for (let i = 0; i < d; i++) {
    for (let j = 0; j < d; j++) permuted[i * d + j] = s2[order[i] * d + order[j]];
  }
  const half = new Float64Array(d * rank);
  addTransposedProduct(half, permuted, factor, { m: d, n: rank, triangular: "y" });
  const product = new Float64Array(rank * rank);
  addTransposedProduct(product, factor, half, { m: rank, n: rank, lower: true, triangular: "x" });
  // Rounding makes small eigenvalues negative.
  return symmetricEigenvalues(product, rank)
    .reduce((sum, value) => sum + Math.sqrt(Math.max(0, value)), 0);
}
