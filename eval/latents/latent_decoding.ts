import type { Device } from "../../engine/mod.ts";
import { downsamplingOf } from "../../nets/autoencoder_parameters.ts";
import type { AutoencoderWeights } from "../../train/checkpoints/autoencoder/autoencoder_weights.ts";
import type { ImageNetworkOptions } from "./image_network.ts";
import { LatentDecoder } from "./latent_decoder.ts";

/**
 * The shape of square images.
 * @category Latents
 */
export interface ImageShape {
  /** C: 3 colour, 1 grey. */
  readonly channels: number;
  /** H and W, pixels. */
  readonly image_size: number;
}

/**
 * Decoded images of one size.
 * @category Latents
 */
export interface DecodedImages extends ImageShape {
  /** `[n, channels, image_size, image_size]`, about [-1, 1]. */
  readonly values: Float32Array;
}

/**
 * How latents become images once they are drawn.
 * @category Latents
 */
export interface LatentDecoding {
  /** Channels of the latents. */
  readonly latent_channels: number;
  /** The shape of what square latents of a size decode to. */
  imageShape(size: number): ImageShape;
  /**
   * Puts the decoder on the device, until it is disposed of.
   *
   * @param scale_factor what the latents were multiplied by for the network
   */
  open(device: Device, scale_factor: number): Promise<LatentDecoder>;
  /**
   * Decodes square latents; nothing is on the device before and after.
   *
   * @param latents `[n, latent_channels, size, size]`
   * @param scale_factor what they were multiplied by for the network
   */
  decode(
    device: Device,
    latents: Float32Array,
    { size, scale_factor }: { readonly size: number; readonly scale_factor: number },
  ): Promise<DecodedImages>;
}

/**
 * Decoding by an autoencoder, with the scale factor of the run that draws, whatever its own is.
 * @category Latents
 */
export function latentDecoding(
  { config, load }: AutoencoderWeights,
  options: ImageNetworkOptions = {},
): LatentDecoding {
  const open = (device: Device, scale_factor: number) =>
    LatentDecoder.open(device, { config: { ...config, scale_factor }, load }, options);
  const imageShape = (size: number) => ({
    channels: config.in_channels,
    image_size: size * downsamplingOf(config),
  });
  return {
    latent_channels: config.embed_dim,
    imageShape,
    open,
    async decode(device, latents, { size, scale_factor }) {
      using decoder = await open(device, scale_factor);
      const values = await decoder.decode(latents, { height: size, width: size });
      return { values, ...imageShape(size) };
    },
  };
}
