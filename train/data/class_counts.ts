import type { DatasetConfig } from "../config/config.ts";
import { datasetNamed } from "./data_sets.ts";

/**
 * Images of each class in a data set's training split, by label, without loading them.
 *
 * @throws {DatasetError} where they cannot be counted
 * @throws {UsageError} where there is no such data set, or its path is missing
 */
export async function classCounts(config: DatasetConfig): Promise<number[]> {
  return await datasetNamed(config).classCounts(config);
}
