import {
  type Capabilities,
  type KernelChoices,
  type Layout,
  planSteps,
  StateLayout,
} from "../../engine/mod.ts";
import type { AutoencoderConfig } from "../../nets/autoencoder_parameters.ts";
import type { KernelRates } from "../../engine/testing/kernel_rates.ts";
import { shapesOf } from "../../train/checkpoints/network_shapes.ts";
import {
  type AutoencoderRunConfig,
  isAutoencoderRun,
  type RunConfig,
} from "../../train/config/autoencoder_run_config.ts";
import type { Config } from "../../train/config/config.ts";
import { objectiveOf } from "../../train/autoencoder/autoencoder_objective.ts";
import { trainStepLayouts } from "../../train/train_step_graph.ts";
import type { DeviceMachineOptions } from "../execution/machine_options.ts";
import { samplerLayouts } from "../execution/sampler_layouts.ts";
import { inceptionBatchSize, inceptionLayout } from "../metrics/inception/inception_features.ts";
import { inceptionBatch } from "../metrics/inception/inception_extract.ts";
import { decodingRuns, drawnSize } from "./run_decoding.ts";
import { type FidDrawing, fidSampler, finalDrawing, usualDrawing } from "./fid_drawing.ts";
import { MEASURED_IMAGES } from "./reconstructions.ts";
import { gridSampler } from "./sample_grids.ts";

/** Something that a run does several times. */
export interface Repeated {
  /** How often. */
  readonly times: number;
  /** Seconds of each. */
  readonly seconds: number;
}

/** How long a whole run takes, by its kernels alone. */
export interface RunTime {
  /** The training steps. */
  readonly steps: Repeated;
  /** Different kernels of a step and a grid, which the first start compiles. */
  readonly kernels: number;
  /** The sample grids; null where none are drawn, or the sampler chooses its steps as it goes. */
  readonly grids: Repeated | null;
  /** The FIDs of checkpoints; null without, or where their sampler chooses its steps as it goes. */
  readonly fids: Repeated | null;
  /** Seconds of measuring the data for FID, and of the final FID. */
  readonly once: number;
  /** Seconds of all. */
  readonly seconds: number;
}

/** What the time of a run depends on besides its configuration. */
export interface RunTimeOptions {
  /** Of the training step's kernels. */
  readonly rates: KernelRates;
  /** Of Inception's; needed where an FID is asked for. */
  readonly inception: KernelRates | null;
  /** Kernel variants found to be fastest. */
  readonly choices?: KernelChoices;
  /** Whether probes are recorded. */
  readonly probes: boolean;
  /** Images of the data set; null where that is not known. */
  readonly images: number | null;
  /** Decodes what a network of latents draws; left out for one of images. */
  readonly decoder?: AutoencoderConfig | null;
}

type Batch = readonly { readonly layout: Layout; readonly runs: number }[];

/** Adds up the kernels of all that `deno task train` runs. */
export function runTime(
  capabilities: Capabilities,
  config: RunConfig,
  options: RunTimeOptions,
): RunTime {
  return isAutoencoderRun(config)
    ? autoencoderTime(capabilities, config, options)
    : diffusionTime(capabilities, config, options);
}

/** An autoencoder's steps; grids take as long as their images do in a step, at most. */
function autoencoderTime(
  capabilities: Capabilities,
  config: AutoencoderRunConfig,
  { rates, choices }: RunTimeOptions,
): RunTime {
  const { train: { n_steps, eval_interval, save_interval, batch_size }, sample } = config;
  const options = { objective: objectiveOf(config), recordLength: 1, probes: false };
  const { step } = trainStepLayouts(capabilities, config, options, choices);
  const seconds = step.reduce(
    (sum, { layout, runs }) => sum + runs * rates.milliseconds(planSteps(layout)) / 1000,
    0,
  );
  const each = seconds / batch_size;
  const grids = sample.n_samples === 0 ? null : {
    times: Math.ceil(n_steps / eval_interval),
    seconds: sample.n_samples * each,
  };
  const measured = Math.ceil(n_steps / save_interval) * MEASURED_IMAGES * each / 3;
  return {
    steps: { times: n_steps, seconds },
    kernels: kernelsOf(step),
    grids,
    fids: null,
    once: 0,
    seconds: n_steps * seconds + (grids ? grids.times * grids.seconds : 0) + measured,
  };
}

function kernelsOf(batch: Batch): number {
  return new Set(batch.flatMap(({ layout }) => layout.dispatches.map(({ code }) => code))).size;
}

function diffusionTime(
  capabilities: Capabilities,
  config: Config,
  { rates, inception, choices, probes, images, decoder = null }: RunTimeOptions,
): RunTime {
  const { n_steps, eval_interval, save_interval } = config.train;
  const seconds = (batch: Batch, by: KernelRates = rates) =>
    batch.reduce((sum, { layout, runs }) => sum + runs * by.milliseconds(planSteps(layout)), 0) /
    1000;
  const { step } = trainStepLayouts(capabilities, config, { recordLength: 1, probes }, choices);
  const steps = { times: n_steps, seconds: seconds(step) };

  const weights = new StateLayout(shapesOf(config), "nnet_ema");
  const drawing = (n: number, options: DeviceMachineOptions): number | null => {
    const { batch } = samplerLayouts(capabilities, options, choices);
    const decoding = decoder ? [decodingRuns(capabilities, config, decoder, n)] : [];
    return batch && Math.ceil(n / options.shape[0]) * seconds(batch) + seconds(decoding);
  };
  const { n_samples } = config.sample;
  const grid = n_samples === 0 ? null : gridSampler(capabilities, config, weights);
  const grid_seconds = grid && drawing(n_samples, grid);
  const grids = repeated(Math.ceil(n_steps / eval_interval), grid_seconds);

  const measuring = (n: number): number => {
    if (!inception) return 0;
    const side = drawnSize(config, decoder);
    const size = { channels: 3, height: side, width: side };
    const batch = inceptionBatchSize(capabilities, inceptionBatch(n));
    const layout = inceptionLayout(capabilities, size, batch);
    return seconds([{ layout, runs: Math.ceil(n / batch) }], inception);
  };
  const fid = (of: FidDrawing): number | null => {
    const drawn = drawing(of.n, fidSampler(capabilities, config, weights, of));
    return drawn === null ? null : drawn + measuring(of.n);
  };
  const isScored = config.eval.fid.n_samples > 0;
  const final = isScored ? finalDrawing(config) : null;
  const fids = repeated(
    Math.ceil(n_steps / save_interval),
    isScored ? fid(usualDrawing(config)) : null,
  );
  const once = (final ? fid(final) ?? 0 : 0) +
    (isScored && config.eval.fid.stats === null ? measuring(images ?? 0) : 0);

  const parts = [steps, grids, fids].map((part) => part ? part.times * part.seconds : 0);
  return {
    steps,
    kernels: kernelsOf([
      ...step,
      ...grid ? samplerLayouts(capabilities, grid, choices).batch ?? [] : [],
      ...grid && decoder ? [decodingRuns(capabilities, config, decoder, n_samples)] : [],
    ]),
    grids,
    fids,
    once,
    seconds: once + parts.reduce((a, b) => a + b, 0),
  };
}

function repeated(times: number, seconds: number | null): Repeated | null {
  return seconds === null ? null : { times, seconds };
}
