import type { DatasetConfig } from "../config/config.ts";
import { UsageError } from "../config/usage_error.ts";
import { CLASSES } from "./cifar10.ts";
import { folderClassCounts } from "./image_folder.ts";
import { SHAPE_CLASSES } from "./shapes.ts";

/** Images per class in the training split of CIFAR-10. */
const CIFAR10_PER_CLASS = 5000;

/**
 * How many images of each class a data set has, by label, without loading it.
 *
 * @throws {DatasetError} where a folder cannot be listed, {@linkcode UsageError} where none is named
 */
export async function classCounts({ name, path, n }: DatasetConfig): Promise<number[]> {
  switch (name) {
    case "shapes":
      // The classes take turns.
      return Array.from({ length: SHAPE_CLASSES }, (_, i) => Math.ceil((n - i) / SHAPE_CLASSES));
    case "cifar10":
      return CLASSES.map(() => CIFAR10_PER_CLASS);
    case "folder":
      if (path) return await folderClassCounts(path);
      throw new UsageError("dataset.name=folder needs --dataset.path=FOLDER");
  }
  throw new UsageError(
    `--dataset.name: there is no data set "${name}", only shapes, cifar10 and folder`,
  );
}
