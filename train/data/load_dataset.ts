import type { Config } from "../config/config.ts";
import { datasetNamed } from "./data_sets.ts";
import type { DatasetProgress } from "./dataset.ts";
import type { ImageSource } from "./image_source.ts";

/**
 * Opens the training split of the data set that a configuration names.
 *
 * @throws {DatasetError} where it cannot be read
 * @throws {UsageError} where there is no such data set, or its path is missing
 */
export async function loadDataset(
  { dataset, seed }: Config,
  onProgress?: (progress: DatasetProgress) => void,
): Promise<ImageSource> {
  return await datasetNamed(dataset).open({ ...dataset, seed, split: "train", onProgress });
}
