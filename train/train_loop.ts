import type { Device, HostArray } from "../engine/mod.ts";
import type { Checkpoint } from "./checkpoints/checkpoint.ts";
import type { Config } from "./config/config.ts";
import { type Batch, batches } from "./data/batches.ts";
import type { Dataset } from "./data/dataset.ts";
import { hash32 } from "./data/hash32.ts";
import type { LogEntry } from "./log.ts";
import { MOST_SKIPPED_IN_A_ROW } from "./loss_scale.ts";
import { learningRate } from "./config/learning_rate.ts";
import { batchKey, type StepRecord, TrainStep } from "./train_step.ts";

/** Where a training run stands. */
export interface TrainingProgress {
  /** Optimizer steps done. */
  step: number;
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

/** What the loop tells as it goes; each may take its time. */
export interface TrainHooks {
  /** Once, when everything is compiled. */
  onStart?(step: TrainStep): void | Promise<void>;
  /** Some times a second. */
  onProgress?(progress: TrainingProgress): void;
  /** Every `log_interval` steps, and at the last. */
  onLog?(entry: LogEntry): void;
  /** Every `probe_interval` steps. @param probes what `probeTensors` measured, by its names */
  onProbe?(step: number, probes: Readonly<Record<string, number>>): void;
  /** Every `eval_interval` steps, and at the last. @param done steps done */
  onEval?(step: TrainStep, done: number): void | Promise<void>;
  /** Every `save_interval` steps, at the last, and when stopped. */
  onCheckpoint?(checkpoint: Checkpoint): void | Promise<void>;
}

/** A run ended because the loss was no longer a number. */
export class DivergedError extends Error {
  override readonly name: string = "DivergedError";
}

/** Weight of the past in the loss average that is shown. */
const AVERAGE = 0.96;
/** Steps that may be submitted before the loop waits for the device. */
export const MAX_AHEAD = 64;
/** Seconds of work that may be submitted before the loop waits for the device. */
const SECONDS_AHEAD = 0.4;
/** Salt of the hash that drops labels. */
const DROP = 3;

/**
 * Trains until `n_steps` steps are done, or the signal is aborted. A resumed run equals an
 * uninterrupted one: everything is a function of the seed and the step.
 *
 * @returns steps done
 * @throws {DivergedError} where the loss is not finite; nothing is saved then
 */
export async function trainLoop(device: Device, config: Config, dataset: Dataset, options: {
  checkpoint?: Checkpoint | null;
  signal?: AbortSignal;
  /** Steps between probes; none where absent. */
  probe_interval?: number;
  hooks: TrainHooks;
}): Promise<number> {
  const { train } = config;
  const { hooks, signal, probe_interval } = options;
  let done = options.checkpoint?.step ?? 0;
  using step = await TrainStep.create(device, config, {
    checkpoint: options.checkpoint,
    recordLength: MAX_AHEAD,
    probes: probe_interval !== undefined,
  });
  await hooks.onStart?.(step);
  const data = batches(dataset, { seed: config.seed, random_flip: config.dataset.random_flip });

  const average = new LossAverage();
  let saved = done;
  let known = done;
  let since = performance.now();
  let seconds_per_step = Infinity;
  while (done < train.n_steps && !signal?.aborted) {
    step.run(
      done,
      microBatches(config, await data.at(done * train.batch_size, train.batch_size), done),
    );
    done++;
    const last = done === train.n_steps;
    const due = (interval: number) => done % interval === 0 || last;
    const ahead = done - known;
    const wait = due(train.log_interval) || due(train.eval_interval) || due(train.save_interval) ||
      ahead === MAX_AHEAD || ahead * seconds_per_step > SECONDS_AHEAD || done === known + 1 &&
        seconds_per_step === Infinity;
    if (!wait) continue;

    const records = await step.records();
    // The first step also compiles; its time says nothing of the others'.
    const first = seconds_per_step === Infinity;
    seconds_per_step = (performance.now() - since) / 1000 / records.length;
    const steps_per_s = first ? NaN : 1 / seconds_per_step;
    for (const record of records) {
      known++;
      if (record.scaling && record.scaling.skipped_in_a_row > 0) {
        if (record.scaling.skipped_in_a_row >= MOST_SKIPPED_IN_A_ROW) {
          throw overflowError(known, await step.overflown());
        }
      } else average.add(check(record, known));
      if (probe_interval && known % probe_interval === 0) hooks.onProbe?.(known, record.probes);
    }
    const { loss, grad_norm, scaling } = records[records.length - 1];
    const progress = {
      step: done,
      n_steps: train.n_steps,
      loss: average.value,
      lr: learningRate(config, done - 1),
      grad_norm,
      images_per_s: train.batch_size * steps_per_s,
      steps_per_s,
    };
    hooks.onProgress?.(progress);
    if (due(train.log_interval)) {
      hooks.onLog?.({
        step: done,
        loss,
        loss_average: average.value,
        lr: progress.lr,
        grad_norm: progress.grad_norm,
        images_per_s: progress.images_per_s,
        ...scaling &&
          { loss_scale: scaling.loss_scale, skipped_steps: scaling.skipped_steps },
      });
    }
    if (due(train.save_interval)) {
      await hooks.onCheckpoint?.(await step.checkpoint(done));
      saved = done;
    }
    if (due(train.eval_interval)) await hooks.onEval?.(step, done);
    // A turn of the event loop, so that Ctrl-C is heard between two busy waits for the device.
    await new Promise((resolve) => setTimeout(resolve, 0));
    since = performance.now();
  }
  if (saved < done) await hooks.onCheckpoint?.(await step.checkpoint(done));
  return done;
}

/** The inputs of each micro-batch of a step. */
export function microBatches(
  { train, nnet, seed }: Config,
  { images, labels }: Batch,
  step: number,
): Record<string, HostArray>[] {
  const n = train.batch_size / train.micro_batches;
  const width = images.length / train.batch_size;
  const conditional = nnet.num_classes > 0;
  return Array.from({ length: train.micro_batches }, (_, part) => {
    const first = part * n;
    const bytes = new Uint8Array(Math.ceil(n * width / 4) * 4);
    bytes.set(images.subarray(first * width, (first + n) * width));
    const kept = Int32Array.from(
      labels.subarray(first, first + n),
      (label, i) =>
        hash32(seed, DROP, step * train.batch_size + first + i) < train.p_uncond * 2 ** 32
          ? nnet.num_classes - 1
          : label,
    );
    return {
      images: new Uint32Array(bytes.buffer),
      key: batchKey(seed, step, first),
      ...(conditional ? { labels: kept } : {}),
    };
  });
}

function check(record: StepRecord, step: number): number {
  if (Number.isFinite(record.loss) && Number.isFinite(record.grad_norm)) return record.loss;
  throw new DivergedError(
    `the loss is ${record.loss} and the gradient norm ${record.grad_norm} at step ${step}: training diverged; ` +
      "try a lower --lr, a longer --warmup_steps, --grad_clip=1 or another --scalelong",
  );
}

function overflowError(step: number, parameters: readonly string[]): DivergedError {
  // Backward, what overflows spoils all that comes before it: the last parameter is the nearest.
  const last = parameters[parameters.length - 1];
  const where = last === undefined
    ? "in a micro-batch"
    : `at "${last}"${parameters.length > 1 ? ` and ${parameters.length - 1} before it` : ""}`;
  return new DivergedError(
    `the gradient is not finite ${where} at step ${step}, and the last ${MOST_SKIPPED_IN_A_ROW} steps ` +
      "were skipped: training diverged, or needs more than 16 bits; " +
      "try a lower --lr, --grad_clip=1 or --mixed_precision=no",
  );
}

/** Exponential average, corrected for its start from zero. */
class LossAverage {
  #sum = 0;
  #weight = 0;

  add(loss: number): void {
    this.#sum = AVERAGE * this.#sum + (1 - AVERAGE) * loss;
    this.#weight = AVERAGE * this.#weight + (1 - AVERAGE);
  }

  get value(): number {
    return this.#sum / this.#weight;
  }
}
