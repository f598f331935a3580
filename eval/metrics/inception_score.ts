import { counted } from "../../engine/counted.ts";
import { MetricError } from "./metric_error.ts";

/**
 * An Inception Score, and how its images were split.
 * @category Metrics
 */
export interface InceptionScoreResult {
  /** The mean over the splits. */
  readonly value: number;
  /** The standard deviation over the splits. */
  readonly deviation: number;
  /** The number of splits. */
  readonly splits: number;
  /** How images were split: one part of their order after another, as the reference does. */
  readonly splitting: "contiguous";
}

/**
 * The Inception Score (Salimans et al., NeurIPS 2016): `exp` of the mean KL divergence of an image's
 * class probabilities from the mean probabilities of its split.
 *
 * As in the reference, split i has the images from `floor(i n / splits)` to `floor((i+1) n / splits)`
 * in their order; images that are sorted by class therefore score less than shuffled ones.
 * @category Metrics
 */
export class InceptionScore {
  readonly #classes: number;
  readonly #splits: number;
  /** Logits `[n, classes]`, in the parts that were added: where splits end depends on all n. */
  readonly #parts: Float32Array[] = [];
  #n = 0;

  /** An empty score over `classes` logits per image. */
  constructor(classes: number, splits = 10) {
    this.#classes = classes;
    this.#splits = splits;
  }

  /** Adds the logits `[n, classes]` of n images. */
  add(logits: Float32Array): void {
    this.#parts.push(logits.slice());
    this.#n += logits.length / this.#classes;
  }

  /**
   * The score's mean and standard deviation over the splits.
   *
   * @throws {MetricError} where a split has no image
   */
  result(): InceptionScoreResult {
    const splits = this.#splits;
    if (this.#n < splits) {
      throw new MetricError(`an Inception Score takes ${counted(splits, "image")} at least`);
    }
    const rows = this.#rows();
    const scores = Array.from({ length: splits }, (_, split) => {
      const end = Math.floor((split + 1) * this.#n / splits);
      return this.#scoreOf(rows, end - Math.floor(split * this.#n / splits));
    });
    const value = scores.reduce((sum, score) => sum + score) / splits;
    const squares = scores.reduce((sum, score) => sum + (score - value) ** 2, 0);
    return { value, deviation: Math.sqrt(squares / splits), splits, splitting: "contiguous" };
  }

  *#rows(): Generator<Float32Array, undefined> {
    for (const part of this.#parts) {
      for (let at = 0; at < part.length; at += this.#classes) {
        yield part.subarray(at, at + this.#classes);
      }
    }
  }

  /** The score of the next `n` rows: `mean(p log p) - mean(p) log mean(p)`, then `exp`. */
  #scoreOf(rows: Generator<Float32Array, undefined>, n: number): number {
    const sums = new Float64Array(this.#classes);
    let entropy = 0;
    for (let taken = 0; taken < n; taken++) {
      const row = rows.next().value!;
      const largest = row.reduce((max, value) => Math.max(max, value));
      const weights = Float64Array.from(row, (value) => Math.exp(value - largest));
      const total = weights.reduce((sum, weight) => sum + weight);
      const logTotal = Math.log(total);
      for (let i = 0; i < row.length; i++) {
        const p = weights[i] / total;
        sums[i] += p;
        entropy += p * (row[i] - largest - logTotal);
      }
    }
    let divergence = entropy / n;
    for (const sum of sums) if (sum > 0) divergence -= sum / n * Math.log(sum / n);
    return Math.exp(divergence);
  }
}
