import type { Config } from "../config/config.ts";
import { datasetNamed } from "./data_sets.ts";
import type { DatasetRequest } from "./dataset.ts";
import type { ImageSource } from "./image_source.ts";

/** What is called while a data set is opened, and where what is decoded may be kept. */
export type LoadDatasetOptions = Pick<
  DatasetRequest,
  "onProgress" | "onNote" | "cache_folder"
>;

/**
 * Opens the training split of the data set that a configuration names.
 *
 * @throws {DatasetError} where it cannot be read
 * @throws {UsageError} where there is no such data set, or its path is missing
 */
export async function loadDataset(
  { dataset, seed }: Config,
  options: LoadDatasetOptions = {},
): Promise<ImageSource> {
  return await datasetNamed(dataset).open({ ...dataset, seed, split: "train", ...options });
}
