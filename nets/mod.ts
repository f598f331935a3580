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
export {
  attentionBlock,
  type AttentionBlockParameters,
  attentionBlockParameters,
} from "./attention_block.ts";
export { type ByteTextParameters } from "./byte_text.ts";
export { type ByteTokens, byteTokens } from "./byte_tokens.ts";
export { type Conditioning, conditioningOf, type ConditioningOptions } from "./conditioning.ts";
export { type ConditionRows, type Conditions } from "./conditions.ts";
export {
  CLIP_VIT_L_14,
  type ClipLayerParameters,
  clipText,
  type ClipTextConfig,
  type ClipTextParameters,
  clipTextParameters,
  clipTokenTable,
} from "./clip_text.ts";
export {
  type AutoencoderOptions,
  decodeLatents,
  decoderLevels,
  encodeImages,
  encoderLevels,
} from "./autoencoder.ts";
export {
  type AutoencoderConfig,
  type AutoencoderMidParameters,
  autoencoderParameters,
  type DecoderParameters,
  decoderParameters,
  downsamplingOf,
  type EncoderParameters,
  encoderParameters,
  STABLE_DIFFUSION_AUTOENCODER,
} from "./autoencoder_parameters.ts";
export { latentDivergence, latentMode, sampleLatents } from "./latent_moments.ts";
export {
  type ConvParameters,
  convParameters,
  type LinearParameters,
  linearParameters,
  type NormParameters,
  normParameters,
} from "./layers.ts";
export { network, NETWORK_NAMES, type NetworkConfig, networkParameters } from "./network.ts";
export { type NetworkInputs } from "./network_inputs.ts";
export { type Observe } from "./observe.ts";
export { initialize, type Initializer, type MakeParameter, parameterShapes } from "./parameters.ts";
export { resnetBlock, type ResnetBlockParameters, resnetBlockParameters } from "./resnet_block.ts";
export {
  constantScaling,
  type GateParameters,
  gateParameters,
  inverseSqrt2,
  learnableScaling,
  original,
  scaleSkip,
  SKIP_SCALINGS,
  type SkipGates,
  type SkipScaling,
  skipScaling,
  type SkipScalingInputs,
  type SkipScalingMethod,
  type SkipScalingOptions,
} from "./skip_scaling.ts";
export {
  type DownParameters,
  unet,
  type UNetConfig,
  type UNetParameters,
  unetParameters,
  type UNetSkip,
  unetSkips,
  unetTimestepEmbedding,
  type UpParameters,
} from "./unet.ts";
export {
  type BlockParameters,
  timestepEmbedding,
  uvit,
  type UVitConfig,
  type UVitParameters,
  uvitParameters,
  uvitTokens,
} from "./uvit.ts";
