import type { Device } from "../../engine/mod.ts";
import type { DeviceMachineOptions } from "../execution/machine_options.ts";
import { mustBeFinite } from "../not_finite_error.ts";
import { type LabelChoice, sampledConditions } from "../sampled_labels.ts";
import { Sampler } from "../sampler.ts";
import { toBytes } from "./to_bytes.ts";
import type { ImageBatch, ImageSet } from "./image_set.ts";
import { rgb } from "./rgb.ts";

/** Which images are drawn, and how many. */
export interface SampledImagesOptions {
  /** The sampler; the batch size of its `shape` changes memory and speed only. */
  readonly sampler: DeviceMachineOptions;
  /** How many images. */
  readonly n: number;
  /** Seed of their noise. */
  readonly seed: number;
  /** How labels are chosen; null for an unconditional network. */
  readonly labels: LabelChoice | null;
  /** Called with how many images of `total` are drawn, fractions included. */
  readonly onProgress?: (done: number, total: number) => void;
}

/**
 * Images 0 to `n` - 1 of a seed, drawn batch by batch as they are read, and rounded to bytes exactly
 * as if written to files and read again.
 *
 * Its batches throw {@linkcode NotFiniteError} where an image has values that are not finite.
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
    const x = await sampler.sample(
      { seed, first, ...sampledConditions(labels, first, batch) },
      onProgress && ((fraction) => onProgress(first + fraction * now, n)),
    );
    for (let i = 0; i < now; i++) {
      mustBeFinite(x.subarray(i * channels * pixels, (i + 1) * channels * pixels), first + i);
    }
    const bytes = toBytes(x).subarray(0, now * channels * pixels);
    yield { images: rgb(bytes, { channels, pixels }), n: now, height, width };
  }
}
