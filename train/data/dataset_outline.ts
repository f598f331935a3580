import type { DatasetConfig } from "../config/config.ts";
import { datasetNamed } from "./data_sets.ts";
import type { DatasetOutline } from "./dataset.ts";

/**
 * What a data set's training split holds, without loading it: a folder is listed, no image decoded.
 *
 * @throws {DatasetError} where that cannot be told
 * @throws {UsageError} where there is no such data set, or its path is missing
 */
export async function datasetOutline(config: DatasetConfig): Promise<DatasetOutline> {
  return await datasetNamed(config).outline(config);
}
