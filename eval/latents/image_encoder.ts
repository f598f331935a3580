import type { Capabilities, Device } from "../../engine/mod.ts";
import { encodeImages, encoderLevels } from "../../nets/autoencoder.ts";
import {
  type AutoencoderConfig,
  downsamplingOf,
  encoderParameters,
} from "../../nets/autoencoder_parameters.ts";
import type { AutoencoderWeights } from "../../train/checkpoints/autoencoder/autoencoder_weights.ts";
import {
  type ImageNetwork,
  imageNetworkMemory,
  type ImageNetworkNeed,
  type ImageNetworkOptions,
  ImageNetworkRunner,
  type Size,
} from "./image_network.ts";

/**
 * The encoder of an autoencoder on a device: images in, moments of latents out. Images that the
 * adapter does not bind whole are computed in bands of rows, one at a time.
 * @category Latents
 */
export class ImageEncoder implements Disposable {
  readonly #runner: ImageNetworkRunner;

  private constructor(runner: ImageNetworkRunner) {
    this.#runner = runner;
  }

  /**
   * Puts the encoder's weights on the device, and not the decoder's.
   *
   * @throws {DeviceError} for f16 on an adapter without it
   */
  static async open(
    device: Device,
    { config, load }: AutoencoderWeights,
    options: ImageNetworkOptions = {},
  ): Promise<ImageEncoder> {
    return new ImageEncoder(
      await ImageNetworkRunner.open(device, encoderOf(config), load, options),
    );
  }

  /** Images at a time, at most. */
  batchOf(size: Size): number {
    return this.#runner.batchOf(size);
  }

  /**
   * Encodes any number of images of one size, batch by batch.
   *
   * @param images `[n, in_channels, height, width]` in [-1, 1], both multiples of the downsampling f
   * @param onProgress called after each batch with the number of images done
   * @returns moments `[n, 2 embed_dim, height / f, width / f]`: means, then log variances, without
   * the scale factor
   * @throws {ShapeError} where they are no whole number of images, of another size, or too large
   */
  encode(
    images: Float32Array,
    size: Size,
    onProgress?: (done: number) => void,
  ): Promise<Float32Array> {
    return this.#runner.run(images, size, onProgress);
  }

  /** Frees the weights and the plan. */
  [Symbol.dispose](): void {
    this.#runner[Symbol.dispose]();
  }
}

/**
 * The device memory of an {@linkcode ImageEncoder}, and the images that it encodes at a time.
 *
 * @param size of the images
 * @category Latents
 */
export function encoderMemory(
  capabilities: Capabilities,
  config: AutoencoderConfig,
  size: Size,
  options: ImageNetworkOptions = {},
): ImageNetworkNeed {
  return imageNetworkMemory(capabilities, encoderOf(config), size, options);
}

function encoderOf(config: AutoencoderConfig): ImageNetwork {
  const { embed_dim, in_channels } = config;
  const f = downsamplingOf(config);
  return {
    label: "encoder",
    channels: [in_channels, 2 * embed_dim],
    outputSize: ({ height, width }) => ({ height: height / f, width: width / f }),
    describe: (make) => encoderParameters(config, make),
    trace: (parameter, x, maxTensorBytes) =>
      encodeImages(encoderParameters(config, parameter), x, config, { maxTensorBytes }),
    levels: (size) => encoderLevels(config, size),
  };
}
