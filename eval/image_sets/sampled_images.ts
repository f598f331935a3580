import type { Device } from "../../engine/mod.ts";
import type { DeviceMachineOptions } from "../execution/device_machine.ts";
import { mustBeFinite } from "../not_finite_error.ts";
import { type LabelChoice, sampledLabel } from "../sampled_labels.ts";
import { Sampler } from "../sampler.ts";
import { toBytes } from "./to_bytes.ts";
import type { ImageBatch, ImageSet } from "./image_set.ts";
import { rgb } from "./rgb.ts";

/** Which images are drawn, and how many. */
export interface SampledImagesOptions {
  /** How they are drawn; `shape` is that of a batch, which decides memory and speed only. */
  readonly sampler: DeviceMachineOptions;
  readonly n: number;
  readonly seed: number;
  /** How labels are chosen; null for a network without. */
  readonly labels: LabelChoice | null;
  /** Told how many images of how many are drawn, parts included. */
  readonly onProgress?: (done: number, total: number) => void;
}

/**
 * Images 0 to `n` - 1 of a seed, drawn as they are asked for and rounded to bytes, exactly as if
 * written to files and read again.
 *
 * Its batches throw {@linkcode NotFiniteError} where an image has values that are no numbers.
 */
export function sampledImages(
  device: Device,
  name: string,
  options: SampledImagesOptions,
): ImageSet {
  return { name, n: options.n, batches: () => drawn(device, options) };
}

async function* drawn(
  device: Device,
  { sampler: settings, n, seed, labels, onProgress }: SampledImagesOptions,
): AsyncGenerator<ImageBatch> {
  using sampler = new Sampler(device, settings);
  const [batch, channels, height, width] = settings.shape;
  const pixels = height * width;
  for (let first = 0; first < n; first += batch) {
    const now = Math.min(batch, n - first);
    const given = labels &&
      Int32Array.from({ length: batch }, (_, i) => sampledLabel(labels, first + i));
    const x = await sampler.sample(
      { seed, first, ...(given ? { labels: given } : {}) },
      onProgress && ((share) => onProgress(first + share * now, n)),
    );
    for (let i = 0; i < now; i++) {
      mustBeFinite(x.subarray(i * channels * pixels, (i + 1) * channels * pixels), first + i);
    }
    const bytes = toBytes(x).subarray(0, now * channels * pixels);
    yield { images: rgb(bytes, { channels, pixels }), n: now, height, width };
  }
}
