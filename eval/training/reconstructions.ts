import { joined } from "../../engine/joined.ts";
import type { Capabilities, Device, MemoryNeed } from "../../engine/mod.ts";
import { downsamplingOf } from "../../nets/autoencoder_parameters.ts";
import { scaleFactorOf } from "../../train/autoencoder/scale_factor.ts";
import {
  autoencoderOf,
  type AutoencoderWeights,
} from "../../train/checkpoints/autoencoder/autoencoder_weights.ts";
import {
  autoencoderOfRun,
  type AutoencoderRunConfig,
} from "../../train/config/autoencoder_run_config.ts";
import { batches } from "../../train/data/batches.ts";
import type { ImageSource } from "../../train/data/image_source.ts";
import { replaceFile } from "../../train/files/durable.ts";
import { sampleFile } from "../../train/files/sample_files.ts";
import { encodePng } from "../../train/formats/image.ts";
import type { TrainStep } from "../../train/train_step.ts";
import { type ImageGrid, imageGrid } from "../image_sets/image_grid.ts";
import { toBytes } from "../image_sets/to_bytes.ts";
import { encoderMemory, ImageEncoder } from "../latents/image_encoder.ts";
import { decoderMemory, LatentDecoder } from "../latents/latent_decoder.ts";

/** Images whose latents the scale factor is computed from, at most. */
export const MEASURED_IMAGES = 256;

/** Images of a row of a grid, at most. */
const COLUMNS = 8;

/** Images that are encoded or decoded at once, at most. */
const BATCH = 16;

/**
 * What an autoencoder in training makes of the images that it sees first. Encoder and decoder are on
 * the device only while they work.
 */
export class Reconstructions {
  readonly #images: Promise<Float32Array>;

  /** Reads the images, and computes nothing yet. */
  constructor(
    readonly device: Device,
    readonly config: AutoencoderRunConfig,
    source: ImageSource<"u8">,
  ) {
    this.#images = firstImages(config, source);
    // It may never be awaited.
    this.#images.catch(() => {});
  }

  /** Draws the grid of a run that has done `step` steps, `samples/<step>.png`; none for no samples. */
  async draw(
    { state }: Pick<TrainStep<AutoencoderRunConfig>, "state">,
    step: number,
  ): Promise<void> {
    if (this.config.sample.n_samples === 0) return;
    const { pixels, width, height, channels } = await this.grid(await state.nnet_ema.read());
    const file = sampleFile(this.config.workdir, step);
    await replaceFile(file, encodePng(pixels, width, height, channels));
  }

  /** Rows of images, each above the row of what they are decoded to. @param values the weights */
  async grid(values: Readonly<Record<string, Float32Array>>): Promise<ImageGrid> {
    const { nnet: { in_chans: channels, img_size: image_size }, sample } = this.config;
    const each = channels * image_size ** 2;
    const images = (await this.#images).subarray(0, sample.n_samples * each);
    const decoded = await this.#decoded(
      autoencoderOf(autoencoderOfRun(this.config.nnet), values),
      images,
    );
    const columns = Math.min(COLUMNS, images.length / each);
    const rows: Float32Array[] = [];
    for (let at = 0; at < images.length; at += columns * each) {
      rows.push(
        ...[images, decoded].map((all) =>
          filled(all.subarray(at, at + columns * each), columns * each)
        ),
      );
    }
    return imageGrid(toBytes(joined(rows)), { channels, image_size, columns });
  }

  /** The scale factor of its latents. @param values the weights */
  async scaleFactor(values: Readonly<Record<string, Float32Array>>): Promise<number> {
    const { nnet } = this.config;
    const autoencoder = autoencoderOfRun(nnet);
    const size = nnet.img_size / downsamplingOf(autoencoder);
    const moments = await this.#moments(autoencoderOf(autoencoder, values), await this.#images);
    return scaleFactorOf(moments, [2 * nnet.embed_dim, size, size]);
  }

  async #moments(weights: AutoencoderWeights, images: Float32Array): Promise<Float32Array> {
    const { img_size } = this.config.nnet;
    using encoder = await ImageEncoder.open(this.device, weights, { batch: BATCH });
    return await encoder.encode(images, { height: img_size, width: img_size });
  }

  /** What the means of images' latents are decoded to. */
  async #decoded(weights: AutoencoderWeights, images: Float32Array): Promise<Float32Array> {
    const { nnet } = this.config;
    const moments = await this.#moments(weights, images);
    const size = nnet.img_size / downsamplingOf(weights.config);
    const each = nnet.embed_dim * size ** 2;
    const means = new Float32Array(moments.length / 2);
    for (let at = 0; at < means.length; at += each) {
      means.set(moments.subarray(2 * at, 2 * at + each), at);
    }
    using decoder = await LatentDecoder.open(this.device, weights, { batch: BATCH });
    return await decoder.decode(means, { height: size, width: size });
  }
}

/** The device memory of {@linkcode Reconstructions}, at most. */
export function reconstructionMemory(
  capabilities: Capabilities,
  { nnet }: Pick<AutoencoderRunConfig, "nnet">,
): MemoryNeed {
  const autoencoder = autoencoderOfRun(nnet);
  const square = (side: number) => ({ height: side, width: side });
  const options = { batch: BATCH };
  const [encoder, decoder] = [
    encoderMemory(capabilities, autoencoder, square(nnet.img_size), options),
    decoderMemory(
      capabilities,
      autoencoder,
      square(nnet.img_size / downsamplingOf(autoencoder)),
      options,
    ),
  ];
  return {
    bytes: Math.max(encoder.bytes, decoder.bytes),
    largest: encoder.largest.bytes > decoder.largest.bytes ? encoder.largest : decoder.largest,
  };
}

/** The images of the first steps, in [-1, 1]; never mirrored. */
async function firstImages(
  { seed, sample: { n_samples } }: AutoencoderRunConfig,
  source: ImageSource<"u8">,
): Promise<Float32Array> {
  const n = Math.min(source.length, Math.max(MEASURED_IMAGES, n_samples));
  const { images } = await batches(source, { seed, random_flip: false }).at(0, n);
  return Float32Array.from(images, (value) => value / 127.5 - 1);
}

/** Values with as many of black after them as are missing of `length`. */
function filled(values: Float32Array, length: number): Float32Array {
  if (values.length === length) return values;
  const all = new Float32Array(length).fill(-1);
  all.set(values);
  return all;
}
