/** A folder of features as a data set. */

import { resolve } from "node:path";
import { type Dataset, DatasetError, type DatasetRequest } from "../dataset.ts";
import type { FeatureSource } from "./feature_source.ts";
import { openFeatures } from "./open_features.ts";

/** Features in the table of data sets. */
export const featuresDataset: Dataset = {
  splits: ["train"],
  path: "needed",
  open: ({ path, onProgress }) => {
    const source = outlined.get(resolve(path!)) ?? openSquares(path!, onProgress);
    outlined.clear();
    return source;
  },
  outline: async ({ path, onProgress }) => {
    const source = openSquares(path!, onProgress);
    outlined.clear();
    outlined.set(resolve(path!), source);
    return await source;
  },
};

/** The folder outlined last: opening it may take as long as reading it, and is done once. */
const outlined = new Map<string, Promise<FeatureSource>>();

/** @throws {DatasetError} also where the latents are not square, as networks take them */
async function openSquares(
  path: string,
  onProgress?: DatasetRequest["onProgress"],
): Promise<FeatureSource> {
  const source = await openFeatures(path, onProgress);
  const [channels, height, width] = source.shape;
  if (height === width) return source;
  throw new DatasetError(
    `${path} has latents of ${channels} x ${height} x ${width}, and networks take squares`,
  );
}
