/**
 * ScaleLong for Deno: trains and samples diffusion models with scaled long skip connections on
 * WebGPU.
 *
 * The rooms, each importing only from those before it: the engine (tensors, gradients, plans), the
 * networks, training, and evaluation. The commands in `tasks/` are short scripts over them.
 *
 * @example A training loop of your own
 * ```ts
 * import { Device, presets, shapes, TrainStep, trainSteps } from "@scalelong/scalelong";
 *
 * const { quickstart } = presets;
 * const config = { ...quickstart, train: { ...quickstart.train, n_steps: 2, batch_size: 4 } };
 * const data = shapes({ image_size: 12, n: 64, seed: 0 });
 * using device = await Device.open();
 * using step = await TrainStep.create(device, config, { recordLength: 16 });
 * for await (const { step: n, loss } of trainSteps(step, data)) console.log(n, loss);
 * ```
 *
 * @module
 */
export * from "./engine/mod.ts";

export {
  foldBatchNorm,
  inception,
  INCEPTION_SIZE,
  inceptionInput,
  type InceptionLeaf,
  type InceptionOutputs,
  inceptionShapes,
  inceptionStateShapes,
} from "./nets/inception.ts";
export {
  attentionBlock,
  type AttentionBlockParameters,
  attentionBlockParameters,
} from "./nets/attention_block.ts";
export {
  type ConvParameters,
  convParameters,
  type LinearParameters,
  linearParameters,
  type NormParameters,
  normParameters,
} from "./nets/layers.ts";
export { network, NETWORK_NAMES, type NetworkConfig, networkParameters } from "./nets/network.ts";
export { type NetworkInputs } from "./nets/network_inputs.ts";
export { type Observe } from "./nets/observe.ts";
export {
  initialize,
  type Initializer,
  type MakeParameter,
  parameterShapes,
} from "./nets/parameters.ts";
export {
  resnetBlock,
  type ResnetBlockParameters,
  resnetBlockParameters,
} from "./nets/resnet_block.ts";
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
} from "./nets/skip_scaling.ts";
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
} from "./nets/unet.ts";
export {
  type BlockParameters,
  timestepEmbedding,
  uvit,
  type UVitConfig,
  type UVitParameters,
  uvitParameters,
  uvitTokens,
} from "./nets/uvit.ts";

export {
  type Checkpoint,
  CheckpointError,
  latestCheckpoint,
  loadCheckpoint,
  saveCheckpoint,
  type Values,
} from "./train/checkpoints/checkpoint.ts";
export {
  type Config,
  type DatasetConfig,
  type LrSchedulerConfig,
  type Mutable,
  type NnetConfig,
  type OptimizerConfig,
  type SampleConfig,
  type TrainConfig,
  type UNetNnetConfig,
  type UVitNnetConfig,
} from "./train/config/config.ts";
export { type EvalConfig, type FidConfig } from "./train/config/fid_config.ts";
export { parseConfig } from "./train/config/parse_config.ts";
export {
  type Dataset,
  DatasetError,
  type DatasetOutline,
  type DatasetProgress,
  type DatasetRequest,
  type OutlineRequest,
} from "./train/data/dataset.ts";
export { type DataIdentity, dataIdentity } from "./train/data/data_identity.ts";
export {
  type ImageArrays,
  type ImageDtype,
  type ImageSource,
  type LabelledImages,
} from "./train/data/image_source.ts";
export {
  type InMemoryImages,
  type InMemorySource,
  inMemorySource,
} from "./train/data/in_memory_source.ts";
export { cifar10, type Cifar10Origin } from "./train/data/cifar10.ts";
export { imageFolder, type ImageFolderRequest } from "./train/data/image_folder.ts";
export { shapes } from "./train/data/shapes.ts";
export { type Exceptions } from "./train/checkpoints/keep_newest.ts";
export { type FindOptions, findWeights, type Weights } from "./train/checkpoints/find_weights.ts";
export {
  fitWeights,
  mustFit,
  type Shapes,
  WeightsError,
  type WeightsFit,
} from "./train/checkpoints/fit_weights.ts";
export { loadWeights } from "./train/checkpoints/load_weights.ts";
export {
  type PytorchCheckpoint,
  readPytorchCheckpoint,
  writePytorchCheckpoint,
} from "./train/checkpoints/pytorch_checkpoint.ts";
export {
  openTensorFile,
  type PlainValue,
  type TensorFile,
  type TensorFileKind,
} from "./train/checkpoints/tensor_file.ts";
export { openWeights, WeightsFile, type WeightsKind } from "./train/checkpoints/weights_file.ts";
export {
  decodeNpy,
  decodeNpyObjects,
  encodeNpy,
  encodeNpyObjects,
  NpyError,
} from "./train/formats/npy.ts";
export { decodeNpz, encodeNpz, NpzError } from "./train/formats/npz.ts";
export { OpaqueValue, type PickledValue } from "./train/formats/pickled_value.ts";
export type { ListedDtype } from "./train/formats/listed_dtype.ts";
export { decodePth, encodePth, PthError, type PthValue } from "./train/formats/pth.ts";
export {
  type DecodedImage,
  decodeImage,
  DecoderError,
  encodePng,
  ImageError,
  type Rgb,
  type RgbImage,
} from "./train/formats/image.ts";
export { type OpenSafetensors, openSafetensors } from "./train/formats/open_safetensors.ts";
export {
  decodeSafetensors,
  encodeSafetensors,
  SafetensorsError,
} from "./train/formats/safetensors.ts";
export {
  type StoredArrays,
  type StoredDtype,
  type StoredTensor,
  toFloat32,
  toFloat64,
} from "./train/formats/stored_tensor.ts";
export { loadDataset, type LoadDatasetOptions } from "./train/data/load_dataset.ts";
export { datasetOutline } from "./train/data/dataset_outline.ts";
export { type LogEntry } from "./train/log.ts";
export { type LossAverageState } from "./train/checkpoints/loss_average_state.ts";
export { type LossScale } from "./train/checkpoints/loss_scale_state.ts";
export { learningRate } from "./train/config/learning_rate.ts";
export {
  optimizerInputs,
  type OptimizerState,
  type OptimizerUpdate,
  optimizerUpdate,
} from "./train/optimizer.ts";
export { type Preset, type PresetName, type Presets, presets } from "./train/config/presets.ts";
export { DivergedError, type DivergenceKind } from "./train/divergence.ts";
export {
  type TrainHooks,
  type TrainingProgress,
  trainLoop,
  type TrainLoopOptions,
} from "./train/train_loop.ts";
export { type Batch } from "./train/data/batches.ts";
export { batchKey, microBatches } from "./train/data/micro_batches.ts";
export { MAX_AHEAD } from "./train/read_ahead.ts";
export type { ScalingRecord, StepRecord } from "./train/step_record.ts";
export { TrainStep } from "./train/train_step.ts";
export {
  type Due,
  type TrainedStep,
  trainSteps,
  type TrainStepsOptions,
} from "./train/train_steps.ts";
export {
  type BatchSource,
  drawnBatch,
  type TrainStepGraph,
  trainStepGraph,
  type TrainStepOptions,
} from "./train/train_step_graph.ts";
export { UsageError } from "./train/config/usage_error.ts";
export { type DownloadProgress } from "./train/files/download.ts";
export { type DiffusedBatch, type Process, processOf } from "./train/diffusion/process.ts";
export { DEFAULT_PROCESS, type ProcessConfig } from "./train/diffusion/process_config.ts";
export { type ScheduleName, type ScheduleNumbers } from "./train/diffusion/schedules.ts";
export {
  type Conversion,
  type DiffusedParts,
  type Target,
  type TargetName,
  TARGETS,
} from "./train/diffusion/targets.ts";

export { type BatchStart, DeviceMachine } from "./eval/execution/device_machine.ts";
export { type DeviceMachineOptions, type Guidance } from "./eval/execution/machine_options.ts";
export {
  FeatureMoments,
  type FeatureStatistics,
} from "./eval/metrics/inception/feature_statistics.ts";
export { frechetDistance } from "./eval/metrics/frechet_distance.ts";
export { imageGrid } from "./eval/image_sets/image_grid.ts";
export {
  type DiffusionFactors,
  type NoiseSchedule,
  noiseSchedule,
  type ScheduleDefinition,
} from "./train/diffusion/noise_schedule.ts";
export { vpCosine } from "./train/diffusion/vp_cosine.ts";
export {
  BETA_SPACINGS,
  type BetaRange,
  type BetaSpacing,
  linearBetas,
  scaledLinearBetas,
  spacedDiscrete,
  vpDiscrete,
  type VpDiscreteNumbers,
} from "./train/diffusion/vp_discrete.ts";
export { vpLinear, type VpLinearNumbers } from "./train/diffusion/vp_linear.ts";
export {
  type ByteImages,
  FEATURES,
  type Features,
  type ImageSize,
  InceptionExtractor,
  type InceptionExtractorOptions,
  inceptionMemory,
  LOGITS,
} from "./eval/metrics/inception/inception_features.ts";
export {
  findInceptionWeights,
  type InceptionOrigin,
  type InceptionWeights,
  InceptionWeightsError,
} from "./eval/metrics/inception/inception_weights.ts";
export { InceptionScore, type InceptionScoreResult } from "./eval/metrics/inception_score.ts";
export {
  type KernelInceptionDistance,
  kernelInceptionDistance,
} from "./eval/metrics/kernel_inception_distance.ts";
export { MetricError } from "./eval/metrics/metric_error.ts";
export { NotFiniteError } from "./eval/not_finite_error.ts";
export { PairwiseProducts, type Products } from "./eval/metrics/linalg/pairwise_products.ts";
export { type LabelChoice, sampledLabel } from "./eval/sampled_labels.ts";
export { applyClipping, type Clipping, CLIPPINGS, threshold } from "./eval/clipping.ts";
export { type ImageBatch, type ImageSet } from "./eval/image_sets/image_set.ts";
export { type PrecisionRecall, precisionRecall } from "./eval/metrics/precision_recall.ts";
export { type OnSamplerStep, Sampler } from "./eval/sampler.ts";
export {
  sampleCheckpoint,
  type SampledCheckpoint,
  type SampleOptions,
  type Samples,
} from "./eval/sample_checkpoint.ts";
export { fittingSampler, samplerMemory } from "./eval/execution/sampler_memory.ts";
export { completeSettings, samplerSettings } from "./eval/sampler_settings.ts";
export { ancestral } from "./eval/samplers/ancestral.ts";
export { chooseMethod } from "./eval/samplers/choose_method.ts";
export { ddim } from "./eval/samplers/ddim.ts";
export { type AdaptiveOptions, dpmAdaptive } from "./eval/samplers/dpm_adaptive.ts";
export {
  fastIntervals,
  fixedIntervals,
  type IntervalOptions,
} from "./eval/samplers/dpm_intervals.ts";
export { dpmMultistep, type MultistepOptions } from "./eval/samplers/dpm_multistep.ts";
export {
  dpmSinglestep,
  type SinglestepInterval,
  type SolverOrder,
} from "./eval/samplers/dpm_singlestep.ts";
export { eulerGrid, eulerMaruyama } from "./eval/samplers/euler_maruyama.ts";
export { type ExponentialStep, exponentialStep } from "./eval/samplers/exponential_step.ts";
export { heun } from "./eval/samplers/heun.ts";
export { SAMPLER_NAMES, samplerNamed, SAMPLERS } from "./eval/samplers/registry.ts";
export {
  type CompleteSettings,
  type DerivedDefault,
  DPM_VARIANTS,
  type DpmVariant,
  type SamplerEntry,
  type SamplerOption,
  type SamplerOptions,
  type SamplerSettings,
} from "./eval/samplers/sampler_entry.ts";
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
} from "./eval/samplers/program.ts";
export { PixelProjections } from "./eval/metrics/sliced_wasserstein.ts";
export {
  readReferenceFile,
  type ReferenceFile,
  saveStatistics,
} from "./eval/metrics/statistics_file.ts";
export { TIME_GRIDS, timeGrid, type TimeGridName, timeGridToZero } from "./eval/time_grid.ts";
export { toBytes } from "./eval/image_sets/to_bytes.ts";
export { type Network, trainedNetwork } from "./eval/trained_network.ts";
