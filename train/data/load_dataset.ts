import type { Config } from "../config/config.ts";
import { datasetNamed } from "./data_sets.ts";
import type { DatasetRequest } from "./dataset.ts";
import type { ImageSource } from "./image_source.ts";

/** What is called while a data set is opened. */
export type DatasetCallbacks = Pick<DatasetRequest, "onProgress" | "onNote">;

/**
 * Opens the training split of the data set that a configuration names.
 *
 * @throws {DatasetError} where it cannot be read
 * @throws {UsageError} where there is no such data set, or its path is missing
 */
export async function loadDataset(
  { dataset, seed }: Config,
  callbacks: DatasetCallbacks = {},
): Promise<ImageSource> {
  return await datasetNamed(dataset).open({ ...dataset, seed, split: "train", ...callbacks });
}
