import { UsageError } from "../config/usage_error.ts";
import { captionedShapesDataset } from "./captioned_shapes.ts";
import { cifar10Dataset } from "./cifar10.ts";
import type { Dataset } from "./dataset.ts";
import { featuresDataset } from "./features/features_dataset.ts";
import { imageFolderDataset } from "./image_folder.ts";
import { shapesDataset } from "./shapes.ts";

/** Every data set, by its name in settings and on the command line. */
const DATASETS: Readonly<Record<string, Dataset>> = {
  shapes: shapesDataset,
  cifar10: cifar10Dataset,
  folder: imageFolderDataset,
  features: featuresDataset,
  captioned_shapes: captionedShapesDataset,
};

/** The names of all data sets. */
export const DATASET_NAMES: readonly string[] = Object.keys(DATASETS);

/** `NAME:SPLIT` of all data sets that need no path, in the order of their names. */
export const DATASET_SPLITS: readonly string[] = Object.entries(DATASETS)
  .filter(([, dataset]) => dataset.path !== "needed")
  .sort()
  .flatMap(([name, { splits }]) => splits.map((split) => `${name}:${split}`));

/**
 * The data set of a name, where it has the path that it needs.
 *
 * @throws {UsageError} where there is none, or it needs a path and has none
 */
export function datasetNamed({ name, path }: { name: string; path: string | null }): Dataset {
  if (!Object.hasOwn(DATASETS, name)) {
    const names = new Intl.ListFormat("en-GB").format(DATASET_NAMES);
    throw new UsageError(`dataset.name: there is no data set "${name}", only ${names}`);
  }
  const dataset = DATASETS[name];
  if (dataset.path === "needed" && !path) {
    throw new UsageError(`dataset.name=${name} needs dataset.path=FOLDER`);
  }
  return dataset;
}
