import type { Config } from "../config/config.ts";
import { cifar10 } from "./cifar10.ts";
import type { Dataset, DatasetProgress } from "./dataset.ts";
import { imageFolder } from "./image_folder.ts";
import { shapes } from "./shapes.ts";
import { UsageError } from "../config/usage_error.ts";

/**
 * The data set that a configuration names, decoded into memory.
 *
 * @throws {DatasetError} where it cannot be read, {@linkcode UsageError} where a path is missing
 */
export function loadDataset(
  { dataset, seed }: Config,
  onProgress?: (progress: DatasetProgress) => void,
): Promise<Dataset> {
  const { name, path, image_size, n } = dataset;
  switch (name) {
    case "shapes":
      return Promise.resolve(shapes({ image_size, n, seed }));
    case "cifar10":
      return cifar10({ path, split: "train", onProgress });
    case "folder":
      if (path) return imageFolder({ path, image_size, onProgress });
      throw new UsageError(["dataset.name=folder needs --dataset.path=FOLDER"]);
  }
  throw new UsageError(
    `--dataset.name: there is no data set "${name}", only shapes, cifar10 and folder`,
  );
}
