import type { Device } from "../../engine/mod.ts";
import type { RunConfig } from "../config/autoencoder_run_config.ts";
import { checkImages } from "../data/check_images.ts";
import type { ImageSource } from "../data/image_source.ts";
import { trainLoop as uncheckedLoop, type TrainLoopOptions } from "../train_loop.ts";

/**
 * Trains until `n_steps` steps are done, or the signal is aborted. A resumed run equals an
 * uninterrupted one: everything is a function of the seed and the step.
 *
 * @returns steps done
 * @throws {UsageError} with a line for each contradiction in the configuration, or to the data
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
  checkImages(config, dataset);
  return await uncheckedLoop(device, config, dataset, options);
}
