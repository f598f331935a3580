import { MetricError } from "../metric_error.ts";
import { addTransposedProduct } from "../linalg/transposed_product.ts";

/**
 * Mean and covariance of a set of features.
 * @category Metrics
 */
export interface FeatureStatistics {
  /** Mean, `[d]`. */
  readonly mu: Float64Array;
  /** Covariance, `[d, d]`, divided by n - 1. */
  readonly sigma: Float64Array;
  /** Number of features; null where a file does not say. */
  readonly n: number | null;
}

/** Features in a block, which is centred on its own mean. */
const BLOCK = 512;

/**
 * Mean and covariance of features that come in batches, in float64. Blocks are centred on their own
 * mean and then merged (Chan, Golub and LeVeque 1983), so a large mean costs no precision, and the
 * moments of two halves of a data set merge to those of the whole.
 * @category Metrics
 */
export class FeatureMoments {
  /** Width of a feature. */
  readonly d: number;
  #n = 0;
  readonly #mean: Float64Array;
  /** Sum of products of deviations from the mean, lower triangle of `[d, d]`. */
  readonly #scatter: Float64Array;
  /** Features of the block that is not yet full, `[BLOCK, d]`. */
  readonly #waiting: Float64Array;
  #waits = 0;

  /** No features yet, of width `d`. */
  constructor(d: number) {
    this.d = d;
    this.#mean = new Float64Array(d);
    this.#scatter = new Float64Array(d * d);
    this.#waiting = new Float64Array(BLOCK * d);
  }

  /** Number of features added. */
  get n(): number {
    return this.#n + this.#waits;
  }

  /** Adds features `[n, d]`; the split into batches makes no difference. */
  add(features: Float32Array | Float64Array): void {
    for (let at = 0; at < features.length; at += this.d) {
      this.#waiting.set(features.subarray(at, at + this.d), this.#waits * this.d);
      if (++this.#waits === BLOCK) this.#takeWaiting();
    }
  }

  /** Adds all features of another. */
  merge(other: FeatureMoments): void {
    this.#takeWaiting();
    other.#takeWaiting();
    this.#join(other.#n, other.#mean);
    for (let i = 0; i < this.#scatter.length; i++) this.#scatter[i] += other.#scatter[i];
  }

  /** Mean and covariance of all features. @throws {MetricError} where there are fewer than two */
  statistics(): FeatureStatistics {
    this.#takeWaiting();
    const { d } = this;
    if (this.#n < 2) throw new MetricError("a covariance takes two images at least");
    const sigma = new Float64Array(d * d);
    for (let i = 0; i < d; i++) {
      for (let j = 0; j <= i; j++) {
        sigma[i * d + j] = sigma[j * d + i] = this.#scatter[i * d + j] / (this.#n - 1);
      }
    }
    return { mu: this.#mean.slice(), sigma, n: this.#n };
  }

  #takeWaiting(): void {
    const n = this.#waits;
    if (n === 0) return;
    const { d } = this;
    const rows = this.#waiting.subarray(0, n * d);
    const mean = new Float64Array(d);
    for (let at = 0; at < rows.length; at++) mean[at % d] += rows[at] / n;
    for (let at = 0; at < rows.length; at++) rows[at] -= mean[at % d];
    this.#join(n, mean);
    addTransposedProduct(this.#scatter, rows, rows, { m: d, n: d, lower: true });
    this.#waits = 0;
  }

  /** Merges the means, and adds to the scatter what their distance contributes. */
  #join(n: number, mean: Float64Array): void {
    if (n === 0) return;
    const { d } = this;
    const all = this.#n + n;
    const weight = this.#n * n / all;
    const apart = mean.map((value, i) => value - this.#mean[i]);
    for (let i = 0; i < d; i++) {
      const factor = weight * apart[i];
      for (let j = 0; j <= i; j++) this.#scatter[i * d + j] += factor * apart[j];
    }
    for (let i = 0; i < d; i++) this.#mean[i] += apart[i] * n / all;
    this.#n = all;
  }
}
