import { counted } from "../../engine/counted.ts";
import { MetricError } from "./metric_error.ts";
import type { Products } from "./linalg/pairwise_products.ts";

/**
 * How much of each set of images the other covers, from 0 to 1.
 * @category Metrics
 */
export interface PrecisionRecall {
  /** Fraction of the generated features inside the region of the real ones. */
  readonly precision: number;
  /** Fraction of the real features inside the region of the generated ones. */
  readonly recall: number;
}

/** Rows whose distances to all others are in memory at once. */
const BLOCK = 512;
/** Below this fraction of the squared norms, a squared distance in float32 is rounding error. */
const RESOLUTION = 1e-6;

/**
 * Improved precision and recall (Kynkaanniemi et al., NeurIPS 2019): a set's region is the union of balls
 * around its features `[n, d]`, each reaching to the `k`-th nearest other feature of that set.
 *
 * @throws {MetricError} where a set has no more than `k` images
 * @category Metrics
 */
export async function precisionRecall(
  products: Products,
  real: Float32Array,
  generated: Float32Array,
  { d, k = 3, onProgress }: {
    d: number;
    k?: number;
    /** Called with the rows done and their total. */
    onProgress?: (done: number, total: number) => void;
  },
): Promise<PrecisionRecall> {
  const [n, m] = [real.length / d, generated.length / d];
  if (Math.min(n, m) <= k) {
    throw new MetricError(`precision and recall take over ${counted(k, "image")}`);
  }
  // Subtracting a common mean leaves distances unchanged and reduces cancellation.
  const mean = meanOf(real, d);
  const a = centred(real, mean);
  const b = centred(generated, mean);
  let done = 0;
  const report = (rows: number) => onProgress?.(done += rows, 2 * n + m);

  const reachA = await reaches(products, a, k, report);
  const reachB = await reaches(products, b, k, report);
  const coveredB = new Uint8Array(m);
  let recalled = 0;
  for await (const { row, distances } of distanceRows(products, a, b)) {
    let covered = 0;
    for (let j = 0; j < m; j++) {
      if (distances[j] <= reachA[row]) coveredB[j] = 1;
      if (distances[j] <= reachB[j]) covered = 1;
    }
    recalled += covered;
    report(1);
  }
  return { precision: coveredB.reduce((sum, c) => sum + c, 0) / m, recall: recalled / n };
}

/** Features, and their squared norms. */
interface Centred {
  readonly rows: Float32Array;
  readonly norms: Float64Array;
}

/** Squared distance of each row to the `k`-th nearest other. */
async function reaches(
  products: Products,
  set: Centred,
  k: number,
  report: (rows: number) => void,
): Promise<Float64Array> {
  const found = new Float64Array(set.norms.length);
  for await (const { row, distances } of distanceRows(products, set, set)) {
    const nearest = new Float64Array(k).fill(Infinity);
    for (let j = 0; j < distances.length; j++) {
      if (j === row || distances[j] >= nearest[k - 1]) continue;
      let at = k - 1;
      for (; at > 0 && nearest[at - 1] > distances[j]; at--) nearest[at] = nearest[at - 1];
      nearest[at] = distances[j];
    }
    found[row] = nearest[k - 1];
    report(1);
  }
  return found;
}

/** Squared distances of each row of `a` to all of `b`. */
async function* distanceRows(
  products: Products,
  a: Centred,
  b: Centred,
): AsyncGenerator<{ row: number; distances: Float64Array }> {
  const n = a.norms.length;
  const m = b.norms.length;
  const d = a.rows.length / n;
  for (let first = 0; first < n; first += BLOCK) {
    const block = await products(a.rows.subarray(first * d, (first + BLOCK) * d), b.rows);
    for (let row = first; row < Math.min(first + BLOCK, n); row++) {
      const at = (row - first) * m;
      const distances = Float64Array.from({ length: m }, (_, j) => {
        const norms = a.norms[row] + b.norms[j];
        const squared = norms - 2 * block[at + j];
        return squared > RESOLUTION * norms ? squared : 0;
      });
      yield { row, distances };
    }
  }
}

function meanOf(rows: Float32Array, d: number): Float64Array {
  const mean = new Float64Array(d);
  for (let i = 0; i < rows.length; i++) mean[i % d] += rows[i] * d / rows.length;
  return mean;
}

function centred(features: Float32Array, mean: Float64Array): Centred {
  const d = mean.length;
  const rows = features.map((value, i) => value - mean[i % d]);
  const norms = new Float64Array(rows.length / d);
  rows.forEach((value, i) => norms[i / d | 0] += value * value);
  return { rows, norms };
}
