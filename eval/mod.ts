/**
 * Evaluation: samplers, images, text encoders, FID and its relatives.
 *
 * @example The distance of two sets of features
 * ```ts
 * import { FeatureMoments, frechetDistance } from "@scalelong/scalelong/eval";
 *
 * const statistics = [0, 1].map((shift) => {
 *   const moments = new FeatureMoments(2);
 *   moments.add(Float32Array.of(0, 0, 2, 0, 0, 2, 2, 2).map((x) => x + shift));
 *   return moments.statistics();
 * });
 * console.log(frechetDistance(statistics[0], statistics[1])); // 2: the means are sqrt(2) apart
 * ```
 *
 * @module
 */
export { type BatchStart, DeviceMachine } from "./execution/device_machine.ts";
export { type DeviceMachineOptions, type Guidance } from "./execution/machine_options.ts";
export {
  type ConfigOverrides,
  configure,
  type ForeignSettings,
  type OtherNetwork,
  type Overrides,
  type SettingOf,
} from "./configure.ts";
export { byteTexts, type ByteTextsOptions } from "./text/byte_texts.ts";
export { type EncodedTexts } from "./execution/encoded_texts.ts";
export { encoderMemory, ImageEncoder } from "./latents/image_encoder.ts";
export {
  type ImageNetworkNeed,
  type ImageNetworkOptions,
  type Size,
} from "./latents/image_network.ts";
export { decoderMemory, LatentDecoder } from "./latents/latent_decoder.ts";
export {
  type DecodedImages,
  type ImageShape,
  type LatentDecoding,
  latentDecoding,
} from "./latents/latent_decoding.ts";
export { FeatureMoments, type FeatureStatistics } from "./metrics/inception/feature_statistics.ts";
export { frechetDistance } from "./metrics/frechet_distance.ts";
export { ImageGrid, imageGrid } from "./image_sets/image_grid.ts";
export {
  type ByteImages,
  FEATURES,
  type Features,
  type ImageSize,
  InceptionExtractor,
  type InceptionExtractorOptions,
  inceptionMemory,
  LOGITS,
} from "./metrics/inception/inception_features.ts";
export {
  findInceptionWeights,
  type InceptionOptions,
  type InceptionOrigin,
  type InceptionWeights,
  InceptionWeightsError,
} from "./metrics/inception/inception_weights.ts";
export { InceptionScore, type InceptionScoreResult } from "./metrics/inception_score.ts";
export {
  type KernelInceptionDistance,
  kernelInceptionDistance,
} from "./metrics/kernel_inception_distance.ts";
export { MetricError } from "./metrics/metric_error.ts";
export { NotFiniteError } from "./not_finite_error.ts";
export { PairwiseProducts, type Products } from "./metrics/linalg/pairwise_products.ts";
export { type LabelChoice, sampledLabel } from "./sampled_labels.ts";
export { applyClipping, type Clipping, CLIPPINGS, threshold } from "./clipping.ts";
export { type ImageBatch, type ImageSet } from "./image_sets/image_set.ts";
export { type PrecisionRecall, precisionRecall } from "./metrics/precision_recall.ts";
export { type OnSamplerStep, Sampler } from "./sampler.ts";
export {
  type DrawOptions,
  sampleCheckpoint,
  type SampledCheckpoint,
  type SampleOptions,
} from "./sample_checkpoint.ts";
export { Samples } from "./image_sets/samples.ts";
export { fittingSampler, samplerMemory } from "./execution/sampler_memory.ts";
export { completeSettings, samplerSettings, usualSampler } from "./sampler_settings.ts";
export { ancestral } from "./samplers/ancestral.ts";
export { chooseMethod } from "./samplers/choose_method.ts";
export { ddim } from "./samplers/ddim.ts";
export { type AdaptiveOptions, dpmAdaptive } from "./samplers/dpm_adaptive.ts";
export { fastIntervals, fixedIntervals, type IntervalOptions } from "./samplers/dpm_intervals.ts";
export { dpmMultistep, type MultistepOptions } from "./samplers/dpm_multistep.ts";
export {
  dpmSinglestep,
  type SinglestepInterval,
  type SolverOrder,
} from "./samplers/dpm_singlestep.ts";
export { eulerGrid, eulerMaruyama } from "./samplers/euler_maruyama.ts";
export { type ExponentialStep, exponentialStep } from "./samplers/exponential_step.ts";
export { heun } from "./samplers/heun.ts";
export { SAMPLER_NAMES, samplerNamed, SAMPLERS } from "./samplers/registry.ts";
export {
  type CompleteSettings,
  type DerivedDefault,
  DPM_VARIANTS,
  type DpmVariant,
  type SamplerEntry,
  type SamplerOption,
  type SamplerOptions,
  type SamplerSettings,
} from "./samplers/sampler_entry.ts";
export {
  conversion,
  type Prediction,
  programMethod,
  type SamplerMachine,
  type SamplerMethod,
  type SamplerProgram,
  type SamplerStep,
  type SlotSum,
  type ToleranceCheck,
} from "./samplers/program.ts";
export { PixelProjections } from "./metrics/sliced_wasserstein.ts";
export {
  readReferenceFile,
  type ReferenceFile,
  saveStatistics,
} from "./metrics/statistics_file.ts";
export { cleanText } from "./text/clean_text.ts";
export {
  ClipTextEncoder,
  clipTextMemory,
  type ClipTextOptions,
  encodeTexts,
  type TextContexts,
} from "./text/clip_text_encoder.ts";
export { ClipTokenizer, type ClipTokens, openClipTokenizer } from "./text/clip_tokenizer.ts";
export { TextEncoderError } from "./text/text_encoder_error.ts";
export { TIME_GRIDS, timeGrid, type TimeGridName, timeGridToZero } from "./time_grid.ts";
export { toBytes } from "./image_sets/to_bytes.ts";
export { type Network, trainedNetwork } from "./trained_network.ts";
