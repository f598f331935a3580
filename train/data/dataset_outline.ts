import type { RunConfig } from "../config/autoencoder_run_config.ts";
import { requestsCaptions } from "./captions/requests_captions.ts";
import { requestedChannels } from "./channels.ts";
import { datasetNamed } from "./data_sets.ts";
import type { DatasetOutline, DatasetRequest } from "./dataset.ts";

/**
 * What the training split that `loadDataset` opens holds, without loading it: a folder is listed, no
 * image decoded.
 *
 * @param options what is called where files must be read for that, one by one
 * @throws {DatasetError} where that cannot be told
 * @throws {UsageError} where there is no such data set, or its path is missing
 * @category Data
 */
export async function datasetOutline(
  { dataset, nnet }: Pick<RunConfig, "dataset" | "nnet">,
  options: Pick<DatasetRequest, "onProgress"> = {},
): Promise<DatasetOutline> {
  const channels = requestedChannels(nnet);
  const captions = requestsCaptions(nnet);
  const request = { ...dataset, channels, captions, ...options };
  return await datasetNamed(dataset).outline(request);
}
