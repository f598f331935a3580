import type { Config } from "../config/config.ts";
import { checkAgainstDataset } from "../config/config_rules.ts";
import type { DatasetOutline } from "./dataset.ts";
import { datasetOutline } from "./dataset_outline.ts";

/**
 * Checks configurations against the data set that the first of them names, of which nothing is
 * loaded: channels, image size, the number of classes and of images.
 *
 * @returns what is known of it
 * @throws {DatasetError} where the data set is not there, or has another layout
 * @throws {UsageError} with a line for each mismatch
 */
export async function checkDataset(
  ...configs: readonly [Config, ...Config[]]
): Promise<DatasetOutline> {
  const outline = await datasetOutline(configs[0]);
  const { shape: [channels, image_size], class_names, class_counts } = outline;
  const images = class_counts.reduce((sum, count) => sum + count, 0);
  for (const config of configs) {
    checkAgainstDataset(config, { channels, image_size, classes: class_names.length, images });
  }
  return outline;
}
