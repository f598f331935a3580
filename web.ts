/**
 * What a browser can do: the engine, the networks, training and sampling, with web APIs alone. Nothing
 * here reaches a file, Deno, Node or a package; data are arrays, and files are bytes. The engine's float64
 * reference, pooling and resizing, and FID's Inception are left out; they run in a browser too, from
 * `./engine` and `./nets`.
 *
 * @example Train and sample in a tab or a worker
 * ```ts
 * import { Device, inMemorySource, presets, sampleCheckpoint, trainLoop } from "@scalelong/scalelong/web";
 * import type { Checkpoint } from "@scalelong/scalelong/web";
 *
 * const { quickstart } = presets;
 * const config = { ...quickstart, train: { ...quickstart.train, n_steps: 1, batch_size: 2 } };
 * const data = inMemorySource({
 *   name: "two grey squares",
 *   shape: [3, 12, 12],
 *   class_names: Array.from({ length: 16 }, (_, i) => `class ${i}`),
 *   images: new Uint8Array(2 * 3 * 12 * 12).fill(128),
 *   labels: Int32Array.of(0, 1),
 * });
 * let trained: Checkpoint | undefined;
 * using device = await Device.open();
 * await trainLoop(device, config, data, { hooks: { onCheckpoint: (c) => void (trained = c) } });
 * const { images } = await sampleCheckpoint(device, trained!, { n: 1, sampler: "ddim", steps: 2 });
 * console.log(images.length); // 432: [1, 3, 12, 12]
 * ```
 *
 * @module
 */
export * from "./engine/on_device.ts";
export * from "./nets/generative.ts";

export type { Checkpoint, Values } from "./train/checkpoints/checkpoint.ts";
export type { LossAverageState } from "./train/checkpoints/loss_average_state.ts";
export type { LossScale } from "./train/checkpoints/loss_scale_state.ts";
export type {
  Config,
  DatasetConfig,
  LrSchedulerConfig,
  Mutable,
  NnetConfig,
  OptimizerConfig,
  SampleConfig,
  TrainConfig,
  UNetNnetConfig,
  UVitNnetConfig,
} from "./train/config/config.ts";
export type { EvalConfig, FidConfig } from "./train/config/fid_config.ts";
export type { SolverConfig } from "./train/config/solver_config.ts";
export { learningRate } from "./train/config/learning_rate.ts";
export { type Preset, type PresetName, type Presets, presets } from "./train/config/presets.ts";
export { UsageError } from "./train/config/usage_error.ts";

export type { Collective } from "./train/collective/collective.ts";
export type { RankSums, StepSums } from "./train/collective/rank_sums.ts";
export type { StepParts, Together } from "./train/collective/together.ts";
export type { Batch } from "./train/data/batches.ts";
export type { Rank } from "./train/data/rank_share.ts";
export { type DataIdentity, dataIdentity } from "./train/data/data_identity.ts";
export type {
  ImageArrays,
  ImageDtype,
  ImageSource,
  LabelledImages,
} from "./train/data/image_source.ts";
export {
  type InMemoryImages,
  type InMemorySource,
  inMemorySource,
} from "./train/data/in_memory_source.ts";
export { batchKey, microBatches } from "./train/data/micro_batches.ts";
export { shapes } from "./train/data/shapes.ts";

export {
  type DiffusionFactors,
  type NoiseSchedule,
  noiseSchedule,
  type ScheduleDefinition,
} from "./train/diffusion/noise_schedule.ts";
export { type BatchSource, drawnBatch, drawnLatents } from "./train/diffusion/drawn_batch.ts";
export { type DiffusedBatch, type Process, processOf } from "./train/diffusion/process.ts";
export { DEFAULT_PROCESS, type ProcessConfig } from "./train/diffusion/process_config.ts";
export type { ScheduleName, ScheduleNumbers } from "./train/diffusion/schedules.ts";
export {
  type Conversion,
  type DiffusedParts,
  type Target,
  type TargetName,
  TARGETS,
} from "./train/diffusion/targets.ts";
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

export { DivergedError, type DivergenceKind } from "./train/divergence.ts";
export {
  optimizerInputs,
  type OptimizerState,
  type OptimizerUpdate,
  optimizerUpdate,
} from "./train/optimizer.ts";
export { MAX_AHEAD } from "./train/read_ahead.ts";
export type { ScalingRecord, StepRecord } from "./train/step_record.ts";
export { trainLoop } from "./train/checked/train_loop_by_rules.ts";
export {
  type TrainHooks,
  type TrainingProgress,
  type TrainLoopOptions,
} from "./train/train_loop.ts";
export { TrainStep } from "./train/train_step.ts";
export {
  type TrainStepGraph,
  trainStepGraph,
  type TrainStepOptions,
} from "./train/train_step_graph.ts";
export {
  type Due,
  type TrainedStep,
  trainSteps,
  type TrainStepsOptions,
} from "./train/train_steps.ts";
export type { LogEntry } from "./train/files/log.ts";

export { type BatchStart, DeviceMachine } from "./eval/execution/device_machine.ts";
export { type DeviceMachineOptions, type Guidance } from "./eval/execution/machine_options.ts";
export { ImageGrid, imageGrid } from "./eval/image_sets/image_grid.ts";
export { NotFiniteError } from "./eval/not_finite_error.ts";
export { type LabelChoice, sampledLabel } from "./eval/sampled_labels.ts";
export { applyClipping, type Clipping, CLIPPINGS, threshold } from "./eval/clipping.ts";
export { type OnSamplerStep, Sampler } from "./eval/sampler.ts";
export {
  type DrawOptions,
  sampleCheckpoint,
  type SampledCheckpoint,
  type SampleOptions,
} from "./eval/sample_checkpoint.ts";
export { fittingSampler, samplerMemory } from "./eval/execution/sampler_memory.ts";
export { completeSettings, samplerSettings, usualSampler } from "./eval/sampler_settings.ts";
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
export { TIME_GRIDS, timeGrid, type TimeGridName, timeGridToZero } from "./eval/time_grid.ts";
export { Samples } from "./eval/image_sets/samples.ts";
export { toBytes } from "./eval/image_sets/to_bytes.ts";
export { type Network, trainedNetwork } from "./eval/trained_network.ts";
