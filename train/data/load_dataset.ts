import { conditioningOfRun, type RunConfig } from "../config/autoencoder_run_config.ts";
import { longCaptionsNote } from "./captions/long_captions.ts";
import { requestsCaptions } from "./captions/requests_captions.ts";
import { requestedChannels } from "./channels.ts";
import { datasetNamed } from "./data_sets.ts";
import type { DatasetRequest } from "./dataset.ts";
import type { ImageSource } from "./image_source.ts";

/**
 * What is called while a data set is opened, and where what is decoded may be kept.
 * @category Data
 */
export type LoadDatasetOptions = Pick<
  DatasetRequest,
  "onProgress" | "onNote" | "cache_folder"
>;

/**
 * Opens the training split of the data set that a configuration names, in grey where its network
 * takes one channel, and with captions where it reads them.
 *
 * @throws {DatasetError} where it cannot be read
 * @throws {UsageError} where there is no such data set, or its path is missing
 * @category Data
 */
export async function loadDataset(
  { dataset, nnet, seed }: Pick<RunConfig, "dataset" | "nnet" | "seed">,
  options: LoadDatasetOptions = {},
): Promise<ImageSource> {
  const channels = requestedChannels(nnet);
  const captions = requestsCaptions(nnet);
  const request = { ...dataset, channels, captions, seed, split: "train", ...options };
  const source = await datasetNamed(dataset).open(request);
  const note = longCaptionsNote(source.captions, conditioningOfRun({ nnet }));
  if (note !== null) options.onNote?.(note);
  return source;
}
