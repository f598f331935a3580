import { MetricError } from "./metric_error.ts";

/**
 * The Inception Score (Salimans et al., NeurIPS 2016), computed as images arrive: `exp` of the mean
 * KL divergence of an image's class probabilities from the mean probabilities of its split.
 *
 * Image i belongs to split `i mod splits`, so that a folder sorted by class gives similar splits; the
 * usual contiguous splits would separate its classes.
 */
export class InceptionScore {
  readonly #classes: number;
  /** Per split: images, the sum of `p log p`, and the sum of `p`, `[classes]`. */
  readonly #counts: number[];
  readonly #entropies: number[];
  readonly #sums: Float64Array[];
  #n = 0;

  /** An empty score over `classes` logits per image. */
  constructor(classes: number, splits = 10) {
    this.#classes = classes;
    this.#counts = new Array(splits).fill(0);
    this.#entropies = new Array(splits).fill(0);
    this.#sums = Array.from({ length: splits }, () => new Float64Array(classes));
  }

  /** Adds the logits `[n, classes]` of n images. */
  add(logits: Float32Array): void {
    for (let at = 0; at < logits.length; at += this.#classes) {
      const split = this.#n++ % this.#counts.length;
      const row = logits.subarray(at, at + this.#classes);
      const largest = row.reduce((max, value) => Math.max(max, value));
      const weights = Float64Array.from(row, (value) => Math.exp(value - largest));
      const total = weights.reduce((sum, weight) => sum + weight);
      const logTotal = Math.log(total);
      this.#counts[split]++;
      for (let i = 0; i < row.length; i++) {
        const p = weights[i] / total;
        this.#sums[split][i] += p;
        this.#entropies[split] += p * (row[i] - largest - logTotal);
      }
    }
  }

  /**
   * The score's mean and standard deviation over the splits.
   *
   * @throws {MetricError} where a split has no image
   */
  result(): { readonly value: number; readonly deviation: number; readonly splits: number } {
    const splits = this.#counts.length;
    if (this.#n < splits) {
      throw new MetricError(`an Inception Score takes ${splits} images at least`);
    }
    const scores = this.#counts.map((n, split) => {
      let divergence = this.#entropies[split] / n;
      for (const sum of this.#sums[split]) if (sum > 0) divergence -= sum / n * Math.log(sum / n);
      return Math.exp(divergence);
    });
    const value = scores.reduce((sum, score) => sum + score) / splits;
    const squares = scores.reduce((sum, score) => sum + (score - value) ** 2, 0);
    return { value, deviation: Math.sqrt(squares / splits), splits };
  }
}
