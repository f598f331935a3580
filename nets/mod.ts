/**
 * Networks with long skip connections: U-ViT and the UNet with the scaling methods of ScaleLong, their
 * layers, the autoencoder of latent diffusion, CLIP's text encoder, and FID's Inception.
 *
 * @example The scaling methods
 * ```ts
 * import { SKIP_SCALINGS } from "@scalelong/scalelong/nets";
 *
 * for (const { number, name } of SKIP_SCALINGS) console.log(`--scalelong=${number}: ${name}`);
 * ```
 *
 * @module
 */
export * from "./generative.ts";
export {
  foldBatchNorm,
  inception,
  INCEPTION_SIZE,
  inceptionInput,
  type InceptionLeaf,
  type InceptionOutputs,
  inceptionShapes,
  inceptionStateShapes,
} from "./inception.ts";
