/**
 * Training: configurations, data, the diffusion process, the loop, checkpoints and the files of
 * PyTorch.
 *
 * @example Data
 * ```ts
 * import { shapes } from "@scalelong/scalelong";
 *
 * const data = shapes({ image_size: 12, n: 64, seed: 0 });
 * console.log(data.length, data.shape, data.class_names); // 64 [3, 12, 12] ["red circle", ..]
 * ```
 *
 * @module
 */
export {
  type Checkpoint,
  CheckpointError,
  latestCheckpoint,
  loadCheckpoint,
  saveCheckpoint,
  type Values,
} from "./checkpoints/checkpoint.ts";
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
} from "./config/config.ts";
export { type EvalConfig, type FidConfig } from "./config/fid_config.ts";
export {
  type AutoencoderNnetConfig,
  autoencoderOfRun,
  type AutoencoderRunConfig,
  type AutoencoderTrainConfig,
  isAutoencoderRun,
  type RunConfig,
} from "./config/autoencoder_run_config.ts";
export { type AutoencoderPresets, autoencoderPresets } from "./config/autoencoder_presets.ts";
export { parseAutoencoderConfig, parseConfig } from "./config/parse_config.ts";
export { type SolverConfig } from "./config/solver_config.ts";
export {
  type Dataset,
  DatasetError,
  type DatasetOutline,
  type DatasetProgress,
  type DatasetRequest,
  type OutlineRequest,
} from "./data/dataset.ts";
export { type DataIdentity, dataIdentity } from "./data/data_identity.ts";
export {
  type CaptionSource,
  type CaptionsOutline,
  type CaptionTexts,
  type EncodedCaptions,
  type EncodedPrompts,
  type ImageArrays,
  type ImageDtype,
  type ImageSource,
  type LabelledImages,
  type LatentOrigin,
} from "./data/image_source.ts";
export { type FeatureSource } from "./data/features/feature_source.ts";
export { openFeatures } from "./data/features/open_features.ts";
export { writeReferenceFeatures } from "./data/features/write_reference.ts";
export { type FeatureRecipe } from "./data/features/feature_index.ts";
export {
  type EncodedCaption,
  FeatureWriter,
  type ImageFeatures,
} from "./data/features/feature_writer.ts";
export { type LatentConfig } from "./config/latent_config.ts";
export { type TextEncoderConfig } from "./config/text_config.ts";
export {
  type InMemoryImages,
  type InMemorySource,
  inMemorySource,
} from "./data/in_memory_source.ts";
export { cifar10, type Cifar10Origin } from "./data/cifar10.ts";
export { imageFolder, type ImageFolderRequest } from "./data/image_folder.ts";
export { shapes } from "./data/shapes.ts";
export { type Exceptions } from "./checkpoints/keep_newest.ts";
export { objectiveOf } from "./autoencoder/autoencoder_objective.ts";
export { type AutoencoderLoss, autoencoderLoss } from "./autoencoder/autoencoder_loss.ts";
export { scaleFactorOf } from "./autoencoder/scale_factor.ts";
export {
  AUTOENCODER_KEYS,
  type AutoencoderKeys,
} from "./checkpoints/autoencoder/autoencoder_keys.ts";
export {
  autoencoderOf,
  type AutoencoderWeights,
} from "./checkpoints/autoencoder/autoencoder_weights.ts";
export {
  type AutoencoderFile,
  openAutoencoder,
} from "./checkpoints/autoencoder/open_autoencoder.ts";
export {
  type FindOptions,
  findWeights,
  type NetworkRemedies,
  type Weights,
} from "./checkpoints/find_weights.ts";
export {
  fitWeights,
  mustFit,
  type Shapes,
  WeightsError,
  type WeightsFit,
} from "./checkpoints/fit_weights.ts";
export {
  loadWeights,
  openCheckpoint,
  type OpenedCheckpoint,
  type OpenOptions,
} from "./checkpoints/open_checkpoint.ts";
export {
  type PytorchCheckpoint,
  readPytorchCheckpoint,
  writePytorchCheckpoint,
} from "./checkpoints/pytorch_checkpoint.ts";
export {
  openTensorFile,
  type PlainValue,
  type TensorFile,
  type TensorFileKind,
} from "./checkpoints/tensor_file.ts";
export { openWeights, WeightsFile, type WeightsKind } from "./checkpoints/weights_file.ts";
export {
  decodeNpy,
  decodeNpyObjects,
  encodeNpy,
  encodeNpyObjects,
  NpyError,
} from "./formats/npy.ts";
export { decodeNpz, encodeNpz, NpzError } from "./formats/npz.ts";
export { OpaqueValue, type PickledValue } from "./formats/pickled_value.ts";
export type { ListedDtype } from "./formats/listed_dtype.ts";
export { decodePth, encodePth, PthError, type PthValue } from "./formats/pth.ts";
export {
  type DecodedImage,
  decodeImage,
  DecoderError,
  encodePng,
  ImageError,
  type Rgb,
  type RgbImage,
} from "./formats/image.ts";
export { type OpenSafetensors, openSafetensors } from "./formats/open_safetensors.ts";
export { decodeSafetensors, encodeSafetensors, SafetensorsError } from "./formats/safetensors.ts";
export {
  type StoredArrays,
  type StoredDtype,
  type StoredTensor,
  toFloat32,
  toFloat64,
} from "./formats/stored_tensor.ts";
export { loadDataset, type LoadDatasetOptions } from "./data/load_dataset.ts";
export { datasetOutline } from "./data/dataset_outline.ts";
export { type LogEntry } from "./files/log.ts";
export { type LossAverageState } from "./checkpoints/loss_average_state.ts";
export { type LossScale } from "./checkpoints/loss_scale_state.ts";
export { learningRate, type RateSettings } from "./config/learning_rate.ts";
export {
  optimizerInputs,
  type OptimizerState,
  type OptimizerUpdate,
  optimizerUpdate,
} from "./optimizer.ts";
export { type Preset, type PresetName, type Presets, presets } from "./config/presets.ts";
export { DivergedError, type DivergenceKind } from "./divergence.ts";
export { trainLoop } from "./checked/train_loop_by_schema.ts";
export { type TrainHooks, type TrainingProgress, type TrainLoopOptions } from "./train_loop.ts";
export { type Batch } from "./data/batches.ts";
export type { Collective } from "./collective/collective.ts";
export type { RankSums, StepSums } from "./collective/rank_sums.ts";
export type { StepParts, Together } from "./collective/together.ts";
export type { Rank } from "./data/rank_share.ts";
export { batchKey, microBatches } from "./data/micro_batches.ts";
export { MAX_AHEAD } from "./read_ahead.ts";
export type { ScalingRecord, StepRecord } from "./step_record.ts";
export { TrainStep } from "./train_step.ts";
export { type Due, type TrainedStep, trainSteps, type TrainStepsOptions } from "./train_steps.ts";
export { type BatchSource, drawnBatch, drawnLatents } from "./diffusion/drawn_batch.ts";
export {
  type Objective,
  type TrainStepGraph,
  trainStepGraph,
  type TrainStepOptions,
} from "./train_step_graph.ts";
export { UsageError } from "./config/usage_error.ts";
export { type DownloadProgress } from "./files/download.ts";
export { type DiffusedBatch, type Process, processOf } from "./diffusion/process.ts";
export { DEFAULT_PROCESS, type ProcessConfig } from "./diffusion/process_config.ts";
export { type ScheduleName, type ScheduleNumbers } from "./diffusion/schedules.ts";
export {
  type Conversion,
  type DiffusedParts,
  type Target,
  type TargetName,
  TARGETS,
} from "./diffusion/targets.ts";
export {
  type DiffusionFactors,
  type NoiseSchedule,
  noiseSchedule,
  type ScheduleDefinition,
} from "./diffusion/noise_schedule.ts";
export { vpCosine } from "./diffusion/vp_cosine.ts";
export {
  BETA_SPACINGS,
  type BetaRange,
  type BetaSpacing,
  linearBetas,
  scaledLinearBetas,
  spacedDiscrete,
  vpDiscrete,
  type VpDiscreteNumbers,
} from "./diffusion/vp_discrete.ts";
export { vpLinear, type VpLinearNumbers } from "./diffusion/vp_linear.ts";
