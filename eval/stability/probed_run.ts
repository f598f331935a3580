import type { Device } from "../../engine/mod.ts";
import type { Checkpoint } from "../../train/checkpoints/checkpoint.ts";
import type { Config } from "../../train/config/config.ts";
import type { ImageSource } from "../../train/data/image_source.ts";
import { DivergedError, mustBeFinite } from "../../train/divergence.ts";
import { MAX_AHEAD } from "../../train/read_ahead.ts";
import { TrainStep } from "../../train/train_step.ts";
import { trainSteps } from "../../train/train_steps.ts";
import { type LevelRatio, robustness } from "./robustness.ts";

/** A value for each step; null where it is not finite, as the gradient of a skipped step. */
export type Series = readonly (number | null)[];

/** One training run, measured at every step. */
export interface ProbedRun {
  /** How skips are scaled: `CS, kappa 0.7`. */
  readonly method: string;
  /** What else the run differs in from others: `depth 8`; may be empty. */
  readonly setting: string;
  /** What was trained. */
  readonly config: Config;
  /** The loss by step. */
  readonly loss: Series;
  /** The norm of the gradient before clipping, by step. */
  readonly grad_norm: Series;
  /** What `probeTensors` measured by step, by its names. */
  readonly probes: Readonly<Record<string, Series>>;
  /** In mixed precision: the steps that were skipped, counted from 1. */
  readonly skipped?: readonly number[];
  /** The step at which loss or gradient were no longer finite; null where they stayed so. */
  readonly diverged_at: number | null;
  /** At the end of training; empty where it diverged. */
  readonly robustness: readonly LevelRatio[];
  /** Seconds of training. */
  readonly seconds: number;
}

/** How a run is trained and measured. */
export interface ProbedRunOptions {
  /** Noise levels of the robustness at the end. */
  readonly levels: readonly number[];
  /** Weights and loss scale to start from; default those of a new run. */
  readonly checkpoint?: Checkpoint | null;
  /** Ends the run early. */
  readonly signal?: AbortSignal;
  /** Reports the steps done, some times a second. */
  readonly onStep?: (step: number) => void;
}

/**
 * Trains with probes at every step, then perturbs the input. A run that diverges ends there. Steps
 * that mixed precision skips are no divergence.
 *
 * @returns null where the signal was aborted
 */
export async function trainProbed(
  device: Device,
  { method, setting, config }: Pick<ProbedRun, "method" | "setting" | "config">,
  dataset: ImageSource,
  { levels, checkpoint, signal, onStep }: ProbedRunOptions,
): Promise<ProbedRun | null> {
  const start = performance.now();
  using step = await TrainStep.create(device, config, {
    checkpoint,
    recordLength: MAX_AHEAD,
    probes: true,
  });
  const loss: (number | null)[] = [];
  const grad_norm: (number | null)[] = [];
  const probes: Record<string, (number | null)[]> = {};
  const skipped: number[] = [];
  let diverged_at: number | null = null;
  try {
    for await (const record of trainSteps(step, dataset, { done: checkpoint?.step, signal })) {
      loss.push(finite(record.loss));
      grad_norm.push(finite(record.grad_norm));
      for (const [name, value] of Object.entries(record.probes)) {
        (probes[name] ??= []).push(finite(value));
      }
      if (record.skipped) skipped.push(record.step);
      if (record.is_latest) onStep?.(record.step);
    }
    // The last update has no loss after it.
    mustBeFinite(config.train.n_steps, await step.norms(), config);
  } catch (error) {
    if (!(error instanceof DivergedError)) throw error;
    diverged_at = error.step;
  }
  if (signal?.aborted) return null;
  return {
    method,
    setting,
    config,
    loss,
    grad_norm,
    probes,
    ...config.train.mixed_precision === "no" ? {} : { skipped },
    diverged_at,
    robustness: diverged_at === null ? await robustness(device, step, dataset, levels) : [],
    seconds: (performance.now() - start) / 1000,
  };
}

function finite(value: number): number | null {
  return Number.isFinite(value) ? value : null;
}
