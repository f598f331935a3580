import type { Capabilities, Device, Layout, PlanStep } from "../../engine/mod.ts";
import { decodeLatents, decoderLevels } from "../../nets/autoencoder.ts";
import {
  type AutoencoderConfig,
  decoderParameters,
  downsamplingOf,
} from "../../nets/autoencoder_parameters.ts";
import type { AutoencoderWeights } from "../../train/checkpoints/autoencoder/autoencoder_weights.ts";
import {
  type ImageNetwork,
  imageNetworkLayout,
  imageNetworkMemory,
  type ImageNetworkNeed,
  type ImageNetworkOptions,
  ImageNetworkRunner,
  type Size,
} from "./image_network.ts";

/**
 * The decoder of an autoencoder on a device: latents in, images out. Images that the adapter does
 * not bind whole are computed in bands of rows, one at a time; these give the same result.
 *
 * @example
 * ```ts
 * import { Device, LatentDecoder, openAutoencoder } from "@scalelong/scalelong";
 *
 * using device = await Device.open();
 * using autoencoder = await openAutoencoder("vae/diffusion_pytorch_model.safetensors");
 * using decoder = await LatentDecoder.open(device, autoencoder);
 * const latents = new Float32Array(4 * 32 * 32);
 * const image = await decoder.decode(latents, { height: 32, width: 32 });
 * console.log(image.length); // 3 * 256 * 256
 * ```
 *
 * @category Latents
 */
export class LatentDecoder implements Disposable {
  readonly #runner: ImageNetworkRunner;

  private constructor(runner: ImageNetworkRunner) {
    this.#runner = runner;
  }

  /**
   * Puts the decoder's weights on the device, and not the encoder's.
   *
   * @throws {DeviceError} for f16 on an adapter without it
   */
  static async open(
    device: Device,
    { config, load }: AutoencoderWeights,
    options: ImageNetworkOptions = {},
  ): Promise<LatentDecoder> {
    return new LatentDecoder(
      await ImageNetworkRunner.open(device, decoderOf(config), load, options),
    );
  }

  /** Latents at a time, at most. @param size of the latents */
  batchOf(size: Size): number {
    return this.#runner.batchOf(size);
  }

  /** The kernels behind a batch of the size seen last, for tables. */
  get kernels(): readonly PlanStep[] {
    return this.#runner.kernels;
  }

  /**
   * Decodes any number of latents of one size, batch by batch.
   *
   * @param latents `[n, embed_dim, height, width]`, scaled as a diffusion model draws them
   * @param size of the latents
   * @param onProgress called after each batch with the number of images done
   * @returns `[n, in_channels, f height, f width]`, about [-1, 1] but not clipped
   * @throws {ShapeError} where they are no whole number of latents, or too large
   */
  decode(
    latents: Float32Array,
    size: Size,
    onProgress?: (done: number) => void,
  ): Promise<Float32Array> {
    return this.#runner.run(latents, size, onProgress);
  }

  /** Frees the weights and the plan. */
  [Symbol.dispose](): void {
    this.#runner[Symbol.dispose]();
  }
}

/**
 * The device memory of a {@linkcode LatentDecoder}, and the latents that it decodes at a time.
 *
 * @param size of the latents
 * @category Latents
 */
export function decoderMemory(
  capabilities: Capabilities,
  config: AutoencoderConfig,
  size: Size,
  options: ImageNetworkOptions = {},
): ImageNetworkNeed {
  return imageNetworkMemory(capabilities, decoderOf(config), size, options);
}

/** The kernels that decode {@linkcode decoderMemory}'s batch. @param size of the latents */
export function decoderLayout(
  capabilities: Capabilities,
  config: AutoencoderConfig,
  size: Size,
  options: ImageNetworkOptions = {},
): Layout {
  return imageNetworkLayout(capabilities, decoderOf(config), size, options).layout;
}

function decoderOf(config: AutoencoderConfig): ImageNetwork {
  const { embed_dim, in_channels } = config;
  const f = downsamplingOf(config);
  const outputSize = ({ height, width }: Size) => ({ height: f * height, width: f * width });
  return {
    label: "decoder",
    channels: [embed_dim, in_channels],
    outputSize,
    describe: (make) => decoderParameters(config, make),
    trace: (parameter, z, maxTensorBytes) =>
      decodeLatents(decoderParameters(config, parameter), z, config, { maxTensorBytes }),
    levels: (size) => decoderLevels(config, outputSize(size)),
  };
}
