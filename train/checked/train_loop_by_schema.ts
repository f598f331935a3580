import type { Device } from "../../engine/mod.ts";
import { objectiveOf } from "../autoencoder/autoencoder_objective.ts";
import { mustHaveSameClasses } from "../checkpoints/check_data.ts";
import { mustNotConflict } from "../checkpoints/start_checkpoint.ts";
import type { RunConfig } from "../config/autoencoder_run_config.ts";
import { parseAutoencoderConfig, parseConfig } from "../config/parse_config.ts";
import { UsageError } from "../config/usage_error.ts";
import type { ImageSource } from "../data/image_source.ts";
import type { TrainLoopOptions } from "../train_loop.ts";
import { trainLoop as loopByRules } from "./train_loop_by_rules.ts";

const SOURCE = "the checkpoint";
const OTHERWISE = "leave it out, or give it as step 0 to start from its weights";

/**
 * Trains until `n_steps` steps are done, or the signal is aborted. A resumed run equals an
 * uninterrupted one: everything is a function of the seed and the step. What the command `train` refuses
 * is refused: a configuration with unknown fields, invalid values or contradictions, one that does not
 * fit the data, and a checkpoint of another run.
 *
 * @example
 * ```ts no-eval
 * import { configure, Device, saveCheckpoint, shapes, trainLoop } from "@scalelong/scalelong";
 *
 * const config = configure("quickstart", { nnet: { scalelong: 3 }, train: { n_steps: 100 } });
 * using device = await Device.open();
 * await trainLoop(device, config, shapes({ image_size: 12, n: 8192, seed: 0 }), {
 *   hooks: {
 *     onLog: ({ step, loss }) => console.log(step, loss),
 *     onCheckpoint: (checkpoint) => saveCheckpoint("runs/mine", checkpoint),
 *   },
 * });
 * ```
 *
 * @returns steps done
 * @throws {UsageError} with a line for each problem
 * @throws {DivergedError} where the loss is not finite, or the state is not when it is to be saved;
 * nothing is saved then
 * @category Training
 */
export async function trainLoop<C extends RunConfig>(
  device: Device,
  config: C,
  dataset: ImageSource,
  options: TrainLoopOptions<C> = {},
): Promise<number> {
  const { checkpoint, probe_interval: interval } = options;
  const isAutoencoder = config?.nnet?.name === "autoencoder";
  const checked = (isAutoencoder ? parseAutoencoderConfig : parseConfig)(config) as C;
  if (interval !== undefined && !(Number.isInteger(interval) && interval > 0)) {
    throw new UsageError(
      `probe_interval: expected a whole number of at least 1, got ${interval}`,
    );
  }
  // Weights alone, with step 0, may start any run that they fit.
  if (checkpoint && checkpoint.step > 0) {
    mustNotConflict(SOURCE, checkpoint.config, checked, OTHERWISE);
    const resumed = { source: SOURCE, checkpoint, otherwise: OTHERWISE };
    mustHaveSameClasses(resumed, dataset.class_names);
  }
  return await loopByRules(device, checked, dataset, {
    objective: objectiveOf(checked),
    ...options,
  });
}
