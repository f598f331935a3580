import { conditioningOfRun, type RunConfig } from "./config/autoencoder_run_config.ts";
import type { LossAverageState } from "./checkpoints/loss_average_state.ts";
import { type Batches, batches } from "./data/batches.ts";
import type { ImageSource } from "./data/image_source.ts";
import { microBatches } from "./data/micro_batches.ts";
import { shareOf } from "./data/rank_share.ts";
import { isSkipped, mustNotDiverge } from "./divergence.ts";
import { LossAverage } from "./loss_average.ts";
import { learningRate } from "./config/learning_rate.ts";
import { ReadAhead } from "./read_ahead.ts";
import type { StepRecord } from "./step_record.ts";
import type { TrainStep } from "./train_step.ts";

/**
 * What the configuration asks for after a step.
 * @category Training
 */
export interface Due {
  /** Every `log_interval` steps, and at the last. */
  readonly log: boolean;
  /** Every `eval_interval` steps, and at the last. */
  readonly eval: boolean;
  /** Every `save_interval` steps, and at the last. */
  readonly save: boolean;
}

/**
 * A training step that the device has done.
 * @category Training
 */
export interface TrainedStep extends StepRecord {
  /** Steps done, with this one. */
  readonly step: number;
  /** The learning rate of the step. */
  readonly lr: number;
  /** Whether mixed precision skipped it: the gradient overflowed and nothing was updated. */
  readonly skipped: boolean;
  /** Exponential average of the losses of the run, without skipped steps. */
  readonly loss_average: number;
  /** State of the average, for a checkpoint. */
  readonly loss_average_state: LossAverageState;
  /** Measured over the steps read together; NaN for the first, which also compiles. */
  readonly steps_per_s: number;
  /** Whether the device has done no later step: its state is the state after this step. */
  readonly is_latest: boolean;
  /** What the configuration asks for now; all false where not `is_latest`. */
  readonly due: Due;
}

/**
 * Where training starts and what ends it early.
 * @category Training
 */
export interface TrainStepsOptions {
  /** Steps that were done before; default 0. */
  readonly done?: number;
  /** Average of the losses of those steps; default none. */
  readonly loss_average?: LossAverageState;
  /** Ends training after the steps that are submitted. */
  readonly signal?: AbortSignal;
}

const NOTHING_DUE: Due = { log: false, eval: false, save: false };

/**
 * Trains until `n_steps` steps are done, or the signal is aborted, and yields each step. Steps are
 * submitted ahead of the device and read in groups, the last of which `is_latest`; where something is
 * `due`, the group ends. The next batch is on its way while the device works. Everything is a
 * function of the seed and the step.
 *
 * @example
 * ```ts no-eval
 * import { Device, MAX_AHEAD, presets, shapes, TrainStep, trainSteps } from "@scalelong/scalelong";
 *
 * const data = shapes({ image_size: 12, n: 8192, seed: 0 });
 * using device = await Device.open();
 * using step = await TrainStep.create(device, presets.quickstart, { recordLength: MAX_AHEAD });
 * for await (const { step: n, loss } of trainSteps(step, data)) console.log(n, loss);
 * ```
 *
 * @param step of the network to train; its configuration says how
 * @throws {DivergedError} where the loss is not finite, or mixed precision skips every step
 * @category Training
 */
export async function* trainSteps<C extends RunConfig>(
  step: TrainStep<C>,
  dataset: ImageSource,
  { done = 0, loss_average, signal }: TrainStepsOptions = {},
): AsyncGenerator<TrainedStep, void, undefined> {
  const { config, rank } = step;
  const { n_steps, batch_size, log_interval, eval_interval, save_interval } = config.train;
  const data = trainingBatches(config, dataset);
  const batchOf = (at: number) => {
    const { first, n } = shareOf(batch_size, rank);
    const batch = data.at(at * batch_size + first, n);
    // It may never be awaited, where training ends before.
    batch.catch(() => {});
    return batch;
  };
  const average = new LossAverage(loss_average);
  const ahead = new ReadAhead(step.recordLength);
  if (done >= n_steps) return;
  let next = batchOf(done);
  // Of several processes, all stop after the step at which the first is asked to.
  let agreed = false;
  const isStopping = () => rank.size === 1 ? signal?.aborted ?? false : agreed;
  while (done < n_steps && !isStopping()) {
    const inputs = microBatches(config, await next, done, rank);
    agreed = await step.runTogether(done, inputs, signal?.aborted ?? false);
    done++;
    if (done < n_steps) next = batchOf(done);
    const isDue = (interval: number) => done % interval === 0 || done === n_steps;
    const due = {
      log: isDue(log_interval),
      eval: isDue(eval_interval),
      save: isDue(save_interval),
    };
    ahead.submitted();
    if (!due.log && !due.eval && !due.save && !ahead.isFull && !isStopping()) continue;

    const records = await step.records();
    const steps_per_s = ahead.read();
    for (const [i, record] of records.entries()) {
      const known = done - records.length + i + 1;
      await mustNotDiverge(record, known, step);
      const skipped = isSkipped(record);
      if (!skipped) average.add(record.loss);
      const is_latest = known === done;
      yield {
        ...record,
        step: known,
        lr: learningRate(config, known - 1),
        skipped,
        loss_average: average.value,
        loss_average_state: average.state,
        steps_per_s,
        is_latest,
        due: is_latest ? due : NOTHING_DUE,
      };
    }
    // A turn of the event loop, so that Ctrl-C is heard between two busy waits for the device.
    await new Promise((resolve) => setTimeout(resolve, 0));
    ahead.resume();
  }
}

/** The batches of a run: images, and captions for a network of texts. */
export function trainingBatches(config: RunConfig, dataset: ImageSource): Batches {
  const { seed, dataset: { random_flip } } = config;
  return batches(dataset, { seed, random_flip, conditioning: conditioningOfRun(config) });
}
