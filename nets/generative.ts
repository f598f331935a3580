/** The networks that draw, and what they are made of: all but FID's Inception. */
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
