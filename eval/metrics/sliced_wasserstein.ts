import { MetricError } from "./metric_error.ts";
import { mix32 } from "../../train/data/hash32.ts";
import type { Products } from "./linalg/pairwise_products.ts";

/** Number of random directions. */
const DIRECTIONS = 256;

/**
 * The sliced Wasserstein distance of two sets of images, on their pixels: a quick check that needs no
 * Inception weights, and no substitute for FID. Images are projected onto random directions; along
 * each, the 2-Wasserstein distance of the two sets is exact (Bonneel et al. 2015).
 * @category Metrics
 */
export class PixelProjections {
  readonly #directions: Float32Array;
  readonly #size: number;
  /** Projections of each batch, `[n, DIRECTIONS]`. */
  readonly #batches: Float32Array[] = [];

  /** For images of `size` bytes each; sets to be compared need the same seed. */
  constructor(size: number, seed = 0) {
    this.#size = size;
    this.#directions = unitVectors(DIRECTIONS, size, seed);
  }

  /** Adds images as bytes, `[n, size]`. */
  async add(products: Products, images: Uint8Array): Promise<void> {
    const values = Float32Array.from(images, (byte) => byte / 255 - 0.5);
    this.#batches.push(await products(values, this.#directions));
  }

  /** Number of images added. */
  get n(): number {
    return this.#batches.reduce((sum, batch) => sum + batch.length / DIRECTIONS, 0);
  }

  /**
   * The distance to another set: the root mean square over directions, for pixels in [0, 1].
   *
   * @throws {MetricError} where the images differ in size, or there are none
   */
  distance(other: PixelProjections): number {
    if (this.#size !== other.#size) {
      throw new MetricError(
        `images of ${this.#size} and of ${other.#size} values cannot be compared by pixels; ` +
          "bring them to one size",
      );
    }
    if (this.n === 0 || other.n === 0) throw new MetricError("there are no images to compare");
    let sum = 0;
    for (let k = 0; k < DIRECTIONS; k++) sum += squaredWasserstein(this.#along(k), other.#along(k));
    return Math.sqrt(sum / DIRECTIONS);
  }

  /** All projections on direction `k`, sorted. */
  #along(k: number): Float32Array {
    const values = new Float32Array(this.n);
    let at = 0;
    for (const batch of this.#batches) {
      for (let i = k; i < batch.length; i += DIRECTIONS) values[at++] = batch[i];
    }
    return values.sort();
  }
}

/** The squared 2-Wasserstein distance of two sorted samples, which may differ in number. */
function squaredWasserstein(a: Float32Array, b: Float32Array): number {
  let sum = 0;
  // Both quantile functions are piecewise constant: between steps, their difference is constant.
  for (let i = 0, j = 0, from = 0; i < a.length && j < b.length;) {
    const to = Math.min((i + 1) / a.length, (j + 1) / b.length);
    sum += (to - from) * (a[i] - b[j]) ** 2;
    if ((i + 1) * b.length <= (j + 1) * a.length) {
      if ((i + 1) * b.length === (j + 1) * a.length) j++;
      i++;
    } else j++;
    from = to;
  }
  return sum;
}

/** Directions uniform on the sphere, `[n, d]`: normalised Gaussian vectors. */
function unitVectors(n: number, d: number, seed: number): Float32Array {
  const vectors = new Float32Array(n * d);
  let counter = mix32(seed);
  const uniform = () => (mix32(counter++) + 0.5) / 2 ** 32;
  for (let at = 0; at < n * d; at += d) {
    let squares = 0;
    for (let i = 0; i < d; i++) {
      const value = Math.sqrt(-2 * Math.log(uniform())) * Math.cos(2 * Math.PI * uniform());
      vectors[at + i] = value;
      squares += value * value;
    }
    for (let i = 0; i < d; i++) vectors[at + i] /= Math.sqrt(squares);
  }
  return vectors;
}
