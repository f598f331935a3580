import type { RunConfig } from "../config/autoencoder_run_config.ts";
import { checkAgainstDataset } from "../config/config_rules.ts";
import { UsageError } from "../config/usage_error.ts";
import { datasetNamed } from "./data_sets.ts";
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
  ...configs: readonly [RunConfig, ...RunConfig[]]
): Promise<DatasetOutline> {
  const { dataset } = configs[0];
  if (dataset.path !== null && datasetNamed(dataset).path === "none") {
    throw new UsageError(
      `dataset.path: ${dataset.name} are drawn by the program and take no files; ` +
        "for your own images set dataset.name=folder",
    );
  }
  const outline = await datasetOutline(configs[0]);
  const { shape: [channels, image_size], class_names, class_counts, latents, captions } = outline;
  const images = class_counts.reduce((sum, count) => sum + count, 0);
  for (const config of configs) {
    checkAgainstDataset(config, {
      channels,
      image_size,
      classes: class_names.length,
      images,
      scale_factor: latents?.scale_factor ?? null,
      captions: captions ?? null,
    });
  }
  return outline;
}
