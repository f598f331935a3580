import type { Device } from "../engine/mod.ts";
import type { Checkpoint } from "./checkpoints/checkpoint.ts";
import type { Together } from "./collective/together.ts";
import type { RunConfig } from "./config/autoencoder_run_config.ts";
import type { Config } from "./config/config.ts";
import { dataIdentity } from "./data/data_identity.ts";
import type { ImageSource } from "./data/image_source.ts";
import type { LogEntry } from "./files/log.ts";
import { MAX_AHEAD } from "./read_ahead.ts";
import { TrainStep } from "./train_step.ts";
import type { Objective } from "./train_step_graph.ts";
import { type TrainedStep, trainSteps } from "./train_steps.ts";

/**
 * Where a training run stands.
 * @category Training
 */
export interface TrainingProgress {
  /** Optimizer steps done. */
  step: number;
  /** Steps of the whole run. */
  n_steps: number;
  /** Moving average of the loss. */
  loss: number;
  /** Learning rate of the last step. */
  lr: number;
  /** Norm of the gradient, before clipping. */
  grad_norm: number;
  /** NaN until known. */
  images_per_s: number;
  /** NaN until known. */
  steps_per_s: number;
}

/**
 * Callbacks of a training run; the loop waits for each.
 * @category Training
 */
export interface TrainHooks<C extends RunConfig = Config> {
  /** Once, when everything is compiled. */
  onStart?(step: TrainStep<C>): void | Promise<unknown>;
  /** Every step, in order; those that the device did meanwhile come together. */
  onStep?(step: TrainedStep): void;
  /** Some times a second. */
  onProgress?(progress: TrainingProgress): void;
  /** Every `log_interval` steps, and at the last. */
  onLog?(entry: LogEntry): void;
  /** Every `probe_interval` steps. @param probes what `probeTensors` measured, by its names */
  onProbe?(step: number, probes: Readonly<Record<string, number>>): void;
  /** Every `eval_interval` steps, and at the last. @param done steps done */
  onEval?(step: TrainStep<C>, done: number): void | Promise<unknown>;
  /** Before a save, where the states of these processes had come to differ; now all are equal. */
  onDrift?(step: number, ranks: readonly number[]): void;
  /** Where training ends early, before what is done is saved. */
  onStop?(): void;
  /** Every `save_interval` steps, at the last, and when stopped. */
  onCheckpoint?(checkpoint: Checkpoint<C>): void | Promise<unknown>;
}

/**
 * How a run is trained by {@linkcode trainLoop}.
 * @category Training
 */
export interface TrainLoopOptions<C extends RunConfig = Config> {
  /** Where to go on from; first weights where absent or null. */
  readonly checkpoint?: Checkpoint<C> | null;
  /** Ends the run early; what is done is saved. */
  readonly signal?: AbortSignal;
  /** What is minimised; default a diffusion model's loss. */
  readonly objective?: Objective;
  /** Steps between probes; none where absent. */
  readonly probe_interval?: number;
  /**
   * Training by several processes; default one. What the hooks get is the same on all ranks, but
   * rank 0 alone has checkpoints, given and made.
   */
  readonly together?: Together | null;
  /** Called as the run goes on. */
  readonly hooks?: TrainHooks<C>;
}

/**
 * Trains until `n_steps` steps are done, or the signal is aborted. A resumed run equals an
 * uninterrupted one: everything is a function of the seed and the step. The configuration is taken to
 * fit itself and the data; see `checked/` for those that are not known to.
 *
 * @returns steps done
 * @throws {DivergedError} where the loss is not finite, or the state is not when it is to be saved;
 * nothing is saved then
 * @category Training
 */
export async function trainLoop<C extends RunConfig>(
  device: Device,
  config: C,
  dataset: ImageSource,
  {
    checkpoint,
    signal,
    objective,
    probe_interval,
    together = null,
    hooks = {},
  }: TrainLoopOptions<C> = {},
): Promise<number> {
  const start = { done: checkpoint?.step ?? 0, loss_average: checkpoint?.loss_average };
  let { done, loss_average } = await together?.first(start) ?? start;
  let saved = done;
  using step = await TrainStep.create(device, config, {
    checkpoint,
    objective,
    recordLength: MAX_AHEAD,
    probes: probe_interval !== undefined,
    together,
  });
  const save = async () => {
    saved = done;
    const ranks = await step.mend();
    if (ranks.length > 0) hooks.onDrift?.(done, ranks);
    if (step.rank.rank > 0) return;
    const data = await dataIdentity(dataset);
    await hooks.onCheckpoint?.({ ...await step.checkpoint(done), loss_average, data });
  };
  await hooks.onStart?.(step);
  for await (const record of trainSteps(step, dataset, { done, loss_average, signal })) {
    done = record.step;
    loss_average = record.loss_average_state;
    hooks.onStep?.(record);
    if (probe_interval && done % probe_interval === 0) hooks.onProbe?.(done, record.probes);
    if (!record.is_latest) continue;
    const progress = progressOf(record, config);
    hooks.onProgress?.(progress);
    if (record.due.log) hooks.onLog?.(logEntry(record, progress));
    if (record.due.save) await save();
    if (record.due.eval) await hooks.onEval?.(step, done);
  }
  if (done < config.train.n_steps) hooks.onStop?.();
  if (saved < done) await save();
  return done;
}

function progressOf(record: TrainedStep, { train }: RunConfig): TrainingProgress {
  const { step, loss_average, lr, grad_norm, steps_per_s } = record;
  return {
    step,
    n_steps: train.n_steps,
    loss: loss_average,
    lr,
    grad_norm,
    images_per_s: train.batch_size * steps_per_s,
    steps_per_s,
  };
}

function logEntry(
  { step, loss, measures, scaling }: TrainedStep,
  progress: TrainingProgress,
): LogEntry {
  const { loss: loss_average, lr, grad_norm, images_per_s } = progress;
  return {
    step,
    loss,
    ...measures,
    loss_average,
    lr,
    grad_norm,
    images_per_s,
    ...scaling && { loss_scale: scaling.loss_scale, skipped_steps: scaling.skipped_steps },
  };
}
