import type { Capabilities, StateLayout } from "../../engine/mod.ts";
import type { Config } from "../../train/config/config.ts";
import { processOf } from "../../train/diffusion/process.ts";
import type { DeviceMachineOptions } from "../execution/machine_options.ts";
import { fittingSampler } from "../execution/sampler_memory.ts";
import { samplerSettings } from "../sampler_settings.ts";
import { chooseMethod } from "../samplers/choose_method.ts";
import { trainedNetwork } from "../trained_network.ts";

/** How many images are drawn for an FID, and in how many steps. */
export interface FidDrawing {
  /** Images. */
  readonly n: number;
  /** Steps of the sampler. */
  readonly steps: number;
}

/** The images that each checkpoint's FID is of. */
export function usualDrawing({ eval: { fid: { n_samples, sample_steps } } }: Config): FidDrawing {
  return { n: n_samples, steps: sample_steps };
}

/** The images of the best checkpoint's FID at the end; null where none is asked for. */
export function finalDrawing(config: Config): FidDrawing | null {
  const { final_n_samples, final_sample_steps } = config.eval.fid;
  if (final_n_samples === null && final_sample_steps === null) return null;
  const usual = usualDrawing(config);
  return { n: final_n_samples ?? usual.n, steps: final_sample_steps ?? usual.steps };
}

/** The sampler of a run's FIDs, of as many images at once as the adapter holds. */
export function fidSampler(
  capabilities: Capabilities,
  config: Config,
  weights: StateLayout,
  { n, steps }: FidDrawing,
): DeviceMachineOptions {
  const { nnet, sample, eval: { fid } } = config;
  const { schedule } = processOf(config.process);
  return fittingSampler(capabilities, {
    shape: [Math.min(n, fid.mini_batch_size), nnet.in_chans, nnet.img_size, nnet.img_size],
    network: trainedNetwork(weights, config),
    schedule,
    method: chooseMethod(schedule, samplerSettings(fid.algorithm, steps)),
    guidance: { scale: sample.scale, interval: [0, 1] },
    limit: sample.clip_denoised ? "clip" : "none",
  });
}

/**
 * Checks that the sampler of a run's FIDs can take as many steps as asked for.
 *
 * @throws {UsageError} where it cannot
 */
export function checkDrawings(config: Config): void {
  const { algorithm } = config.eval.fid;
  const { schedule } = processOf(config.process);
  for (const drawing of [usualDrawing(config), finalDrawing(config)]) {
    if (drawing) chooseMethod(schedule, samplerSettings(algorithm, drawing.steps));
  }
}
