import type { Device } from "../../engine/mod.ts";
import { bytesOf, floatsOf } from "../../train/collective/bytes_of.ts";
import { type Collective, ONE_PROCESS } from "../../train/collective/collective.ts";
import type { DeviceMachineOptions } from "../execution/machine_options.ts";
import type { RunAutoencoder } from "../latents/run_autoencoder.ts";
import { runPadded } from "../latents/run_padded.ts";
import { mustBeFinite } from "../not_finite_error.ts";
import { Sampler } from "../sampler.ts";
import type { ConditionsOf } from "./drawn_conditions.ts";
import type { ImageBatch, ImageSet } from "./image_set.ts";
import { rgb } from "./rgb.ts";
import { toBytes } from "./to_bytes.ts";

/** Which images are drawn, and how many. */
export interface SampledImagesOptions {
  /**
   * Puts the network on the device, and says how it is sampled; the batch size changes memory and
   * speed only.
   *
   * @param resources frees what is put there
   */
  readonly open: (resources: DisposableStack) => Promise<DeviceMachineOptions>;
  /** How many images. */
  readonly n: number;
  /** Seed of their noise. */
  readonly seed: number;
  /** What they are drawn with. */
  readonly conditions: ConditionsOf;
  /** Decodes what a network of latents draws; left out for one of images. */
  readonly autoencoder?: Pick<RunAutoencoder, "decoding" | "scale_factor"> | null;
  /** The processes that draw a batch each in turn, all of which have all images; default: one. */
  readonly collective?: Collective;
  /** Called with how many images of `total` are drawn, fractions included. */
  readonly onProgress?: (done: number, total: number) => void;
}

/** Bytes of latents that are drawn before the decoder takes the network's place on the device. */
const ROUND_BYTES = 2 ** 28;

/**
 * Images 0 to `n` - 1 of a seed, drawn batch by batch as they are read, and rounded to bytes exactly
 * as if written to files and read again. Of latents, thousands are drawn before they are decoded; the
 * network is on the device only meanwhile, and the decoder only then.
 *
 * Its batches throw {@linkcode NotFiniteError} where an image has values that are not finite.
 */
export function sampledImages(
  device: Device,
  name: string,
  options: SampledImagesOptions,
): ImageSet {
  const { n, autoencoder } = options;
  const batches = () =>
    autoencoder ? decoded(device, autoencoder, options) : drawnImages(device, options);
  return { name, n, batches };
}

/** Some images, or latents, as they are drawn. */
interface Drawn {
  /** `[n, channels, height, width]`. */
  readonly values: Float32Array;
  readonly n: number;
  readonly shape: readonly [channels: number, height: number, width: number];
}

async function* drawnImages(
  device: Device,
  options: SampledImagesOptions,
): AsyncGenerator<ImageBatch> {
  for await (const drawn of drawnFrom(device, 0, options)) yield imageBatch(drawn);
}

/** Draws latents until they are many, then decodes them, and goes on. */
async function* decoded(
  device: Device,
  { decoding, scale_factor }: NonNullable<SampledImagesOptions["autoencoder"]>,
  options: SampledImagesOptions,
): AsyncGenerator<ImageBatch> {
  const { collective = ONE_PROCESS, collective: { rank, size: ranks } = ONE_PROCESS } = options;
  let batch = 0;
  for (let first = 0, next = 0; first < options.n; first = next) {
    const round: Drawn[] = [];
    let bytes = 0;
    for await (const drawn of drawnFrom(device, first, options)) {
      round.push(drawn);
      next += drawn.n;
      bytes += drawn.values.byteLength;
      // What other ranks have drawn with it is not drawn again.
      if (bytes >= ROUND_BYTES && round.length % ranks === 0) break;
    }
    using decoder = await decoding.open(device, scale_factor);
    const [, height, width] = round[0].shape;
    // Of the first batch, whichever round the last and smallest is in: rounds end by the ranks.
    batch ||= round[0].values.length;
    const decode = (latents: Float32Array) => decoder.decode(latents, { height, width });
    let done = first;
    for (let at = 0; at < round.length; at += ranks) {
      const own = at + rank < round.length ? round[at + rank].values : new Float32Array();
      const values = await runPadded(decode, own, batch);
      const all = await collective.gather(bytesOf(values));
      for (const [from, { n }] of round.slice(at, at + ranks).entries()) {
        const { channels, image_size } = decoding.imageShape(height);
        const shape = [channels, image_size, image_size] as const;
        yield imageBatch(finite({ values: floatsOf(all[from]), n, shape }, done));
        done += n;
      }
    }
  }
}

/** Draws from image `first` on, batch by batch. */
async function* drawnFrom(
  device: Device,
  first: number,
  { open, n, seed, conditions, onProgress, collective = ONE_PROCESS }: SampledImagesOptions,
): AsyncGenerator<Drawn> {
  using resources = new DisposableStack();
  const settings = await open(resources);
  const sampler = resources.use(new Sampler(device, settings));
  const [batch, channels, height, width] = settings.shape;
  const size = channels * height * width;
  const { rank, size: ranks } = collective;
  for (let at = first; at < n; at += batch * ranks) {
    const drawn = Math.min(batch * ranks, n - at);
    const own = at + rank * batch;
    const x = own >= n ? new Float32Array() : await sampler.sample(
      { seed, first: own, ...await conditions(own, batch) },
      onProgress && ((fraction) => onProgress(at + fraction * drawn, n)),
    );
    const all = await collective.gather(bytesOf(x));
    for (let from = at; from < at + drawn; from += batch) {
      const now = Math.min(batch, n - from);
      const values = floatsOf(all[(from - at) / batch]).slice(0, now * size);
      yield finite({ values, n: now, shape: [channels, height, width] }, from);
    }
  }
}

/** The same. @throws {NotFiniteError} where an image has a value that is not finite */
function finite(drawn: Drawn, first: number): Drawn {
  const size = drawn.values.length / drawn.n;
  for (let i = 0; i < drawn.n; i++) {
    mustBeFinite(drawn.values.subarray(i * size, (i + 1) * size), first + i);
  }
  return drawn;
}

function imageBatch({ values, n, shape: [channels, height, width] }: Drawn): ImageBatch {
  const images = rgb(toBytes(values), { channels, pixels: height * width });
  return { images, n, height, width };
}
