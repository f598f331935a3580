import { dirname } from "node:path";
import { decodeNpz, encodeNpz, NpzError } from "../../train/formats/npz.ts";
import { type StoredTensor, toFloat64 } from "../../train/formats/stored_tensor.ts";
import { planar } from "../../train/data/planar.ts";
import { covarianceFault } from "./covariance_fault.ts";
import type { FeatureStatistics } from "./inception/feature_statistics.ts";
import type { ImageBatch, ImageSet } from "../image_sets/image_set.ts";
import { replaceFile } from "../../train/files/durable.ts";

/**
 * The reference statistics or images of an `.npz` file, or both.
 * @category Metrics
 */
export interface ReferenceFile {
  /** Mean and covariance of features; the file does not say which Inception they came from. */
  readonly statistics: FeatureStatistics | null;
  /** The images themselves. */
  readonly images: ImageSet | null;
}

/**
 * Reads reference statistics as pytorch-fid, clean-fid and ADM write them: `mu` `[d]` and `sigma`
 * `[d, d]`, other arrays being ignored; or images, `arr_0` `[N, H, W, 3]` bytes, as ADM's samples are.
 * The number of images is known where the file has `n`, or the images.
 *
 * @throws {NpzError} where it is not a valid `.npz` file, has neither, its statistics are whole numbers, or
 * `sigma` is no covariance
 * @category Metrics
 */
export async function readReferenceFile(file: string): Promise<ReferenceFile> {
  const arrays = decodeNpz(await Deno.readFile(file), file);
  const images = arrays.arr_0 ? imagesOf(arrays.arr_0, file) : null;
  if (!arrays.mu && !arrays.sigma && images) return { statistics: null, images };
  const n = arrays.n ? toFloat64(arrays.n)[0] : images?.n ?? null;
  return { statistics: statisticsOf(arrays, n, file), images };
}

/**
 * Writes `mu`, `sigma` and, where known, `n`, atomically.
 * @category Metrics
 */
export async function saveStatistics(
  file: string,
  { mu, sigma, n }: FeatureStatistics,
): Promise<void> {
  const bytes = encodeNpz({
    mu: { dtype: "F64", shape: [mu.length], data: mu },
    sigma: { dtype: "F64", shape: [mu.length, mu.length], data: sigma },
    ...n === null ? {} : { n: { dtype: "I64", shape: [], data: BigInt64Array.of(BigInt(n)) } },
  });
  await Deno.mkdir(dirname(file), { recursive: true });
  await replaceFile(file, bytes);
}

function statisticsOf(
  { mu, sigma }: Record<string, StoredTensor>,
  n: number | null,
  file: string,
): FeatureStatistics {
  const d = mu?.shape[0] ?? 0;
  if (mu?.shape.length !== 1 || String(sigma?.shape) !== String([d, d])) {
    throw new NpzError(
      `${file}: expected mu [d] and sigma [d, d], or images arr_0 [N, H, W, 3], not ` +
        `mu [${mu?.shape ?? "missing"}] and sigma [${sigma?.shape ?? "missing"}]`,
    );
  }
  const whole = Object.entries({ mu, sigma }).filter(([, { dtype }]) => !/^B?F\d/.test(dtype));
  if (whole.length > 0) {
    const stored = whole.map(([name, { dtype, shape }]) => `${name} [${shape}] is ${dtype}`);
    throw new NpzError(
      `${file}: ${
        stored.join(" and ")
      }, and whole numbers hold no means: write statistics as floats`,
    );
  }
  const statistics = { mu: toFloat64(mu), sigma: toFloat64(sigma), n };
  if (![statistics.mu, statistics.sigma].every((values) => values.every(Number.isFinite))) {
    throw new NpzError(`${file}: mu or sigma holds infinite or NaN values`);
  }
  const fault = covarianceFault(statistics.sigma, d);
  if (fault) throw new NpzError(`${file}: sigma is no covariance: ${fault}`);
  return statistics;
}

function imagesOf({ dtype, shape, data }: StoredTensor, file: string): ImageSet {
  const [n, height, width, channels] = shape;
  if (dtype !== "U8" || shape.length !== 4 || channels !== 3 || n * height * width === 0) {
    throw new NpzError(
      `${file}: images are arr_0 [N, H, W, 3] of U8, not ${dtype} [${shape}]`,
    );
  }
  async function* batches(): AsyncGenerator<ImageBatch> {
    const size = 3 * height * width;
    for (let i = 0; i < n; i++) {
      const rgb = data.subarray(i * size, (i + 1) * size) as Uint8Array;
      yield await Promise.resolve({ images: planar({ rgb }), n: 1, height, width });
    }
  }
  return { name: `images in ${file}`, n, batches };
}
