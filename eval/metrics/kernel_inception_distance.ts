import { MetricError } from "./metric_error.ts";
import { mix32 } from "../../train/data/hash32.ts";
import type { Products } from "./linalg/pairwise_products.ts";

/**
 * The kernel inception distance of two sets of features, with its standard error.
 * @category Metrics
 */
export interface KernelInceptionDistance {
  /** Mean over the subsets. */
  readonly value: number;
  /** Standard error of that mean; null where there is only one subset. */
  readonly standard_error: number | null;
  /** Number of subsets. */
  readonly subsets: number;
  /** Images of each side in a subset. */
  readonly subset_size: number;
}

/**
 * KID (Binkowski et al., ICLR 2018): the unbiased squared maximum mean discrepancy of features `[n, d]` and
 * `[m, d]` with the polynomial kernel `(x.y / d + 1)^3`, averaged over random subsets of
 * `subset_size` images of each side (all, where there are fewer).
 *
 * @throws {MetricError} where a side has fewer than two images
 * @category Metrics
 */
export async function kernelInceptionDistance(
  products: Products,
  a: Float32Array,
  b: Float32Array,
  { d, subsets = 100, subset_size = 1000, seed = 0, onProgress }: {
    d: number;
    subsets?: number;
    subset_size?: number;
    seed?: number;
    /** Called with the subsets done and their total. */
    onProgress?: (done: number, total: number) => void;
  },
): Promise<KernelInceptionDistance> {
  const [n, m] = [a.length / d, b.length / d];
  const size = Math.min(subset_size, n, m);
  if (size < 2) throw new MetricError("KID takes two images of each side at least");
  const rounds = size === n && size === m ? 1 : subsets;
  const values: number[] = [];
  for (let round = 0; round < rounds; round++) {
    const x = pick(a, d, size, mix32(seed + 2 * round));
    const y = pick(b, d, size, mix32(seed + 2 * round + 1));
    const within = await kernelSum(products, x, x, d, true) +
      await kernelSum(products, y, y, d, true);
    const across = await kernelSum(products, x, y, d, false);
    values.push(within / (size * (size - 1)) - 2 * across / (size * size));
    onProgress?.(round + 1, rounds);
  }
  const value = values.reduce((sum, v) => sum + v, 0) / rounds;
  const squares = values.reduce((sum, v) => sum + (v - value) ** 2, 0);
  return {
    value,
    standard_error: rounds > 1 ? Math.sqrt(squares / (rounds - 1) / rounds) : null,
    subsets: rounds,
    subset_size: size,
  };
}

/** The sum of the kernel over all pairs, or over the off-diagonal ones. */
async function kernelSum(
  products: Products,
  x: Float32Array,
  y: Float32Array,
  d: number,
  offDiagonal: boolean,
): Promise<number> {
  const all = await products(x, y);
  const width = y.length / d;
  let sum = 0;
  for (let i = 0; i < all.length; i++) {
    if (offDiagonal && i % (width + 1) === 0) continue;
    sum += (all[i] / d + 1) ** 3;
  }
  return sum;
}

/** `size` rows without replacement: the first steps of a Fisher-Yates shuffle. */
function pick(rows: Float32Array, d: number, size: number, seed: number): Float32Array {
  const n = rows.length / d;
  const order = Uint32Array.from({ length: n }, (_, i) => i);
  const picked = new Float32Array(size * d);
  for (let i = 0; i < size; i++) {
    const j = i + Math.floor(mix32(seed + Math.imul(i, 0x9e3779b1)) / 2 ** 32 * (n - i));
    [order[i], order[j]] = [order[j], order[i]];
    picked.set(rows.subarray(order[i] * d, (order[i] + 1) * d), i * d);
  }
  return picked;
}
