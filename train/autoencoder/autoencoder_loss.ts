import { add, affine, mean, relu, sub, type Tensor } from "../../engine/mod.ts";
import { decodeLatents, encodeImages } from "../../nets/autoencoder.ts";
import type {
  AutoencoderConfig,
  DecoderParameters,
  EncoderParameters,
} from "../../nets/autoencoder_parameters.ts";
import { latentDivergence, sampleLatents } from "../../nets/latent_moments.ts";

/**
 * What an autoencoder is trained by.
 * @category Training
 */
export interface AutoencoderLoss {
  /** What is minimised, a scalar. */
  readonly loss: Tensor;
  /** Mean absolute difference of the decoded images, which are in [-1, 1]; a scalar. */
  readonly reconstruction: Tensor;
  /** Divergence of the latents' distribution from the standard normal one, by value of an image. */
  readonly divergence: Tensor;
  /** The latents that were decoded. */
  readonly latents: Tensor;
}

/**
 * The loss of latent diffusion's autoencoders without perceptual loss and discriminator (Rombach et
 * al., CVPR 2022, appendix G): `reconstruction + kl_weight divergence`, both by value of an image, so
 * that the weight means what it does there.
 *
 * @param params all in f32
 * @param images `[batch, in_channels, height, width]` in [-1, 1]
 * @param noise standard normal, of the latents' shape
 * @category Training
 */
export function autoencoderLoss(
  params: EncoderParameters<Tensor> & DecoderParameters<Tensor>,
  { images, noise }: { readonly images: Tensor; readonly noise: Tensor },
  config: AutoencoderConfig,
  kl_weight: number,
): AutoencoderLoss {
  const moments = encodeImages(params, images, config);
  const latents = sampleLatents(moments, noise, config);
  const decoded = decodeLatents(params, latents, config);
  const difference = sub(images, decoded);
  const reconstruction = mean(add(relu(difference), relu(affine(difference, -1))));
  const values = images.size / images.shape[0];
  const divergence = affine(mean(latentDivergence(moments)), 1 / values);
  const loss = add(reconstruction, affine(divergence, kl_weight));
  return { loss, reconstruction, divergence, latents };
}
