import { DatasetError, type DatasetProgress } from "../dataset.ts";
import { INDEX_FILE } from "./feature_index.ts";
import { type FeatureSource, openShardedFeatures } from "./feature_source.ts";
import { openReferenceFeatures } from "./reference_source.ts";

/**
 * Latents in a folder of features, as their moments: one that {@linkcode FeatureWriter} wrote, or one
 * of U-ViT, with a NumPy file for each image. They stay on the disk: a batch's are read when it is
 * asked for, and checked. In memory is some ten bytes for each image.
 *
 * U-ViT's files are read one by one for their labels; of these an index is kept for the next start, in
 * the folder or else in the user's cache, where the program may write. A folder that has changed is read
 * anew.
 *
 * @param onProgress called while that is done
 * @throws {DatasetError} where the folder has no features, or they are not finished, torn or changed
 * @category Data
 */
export async function openFeatures(
  folder: string,
  onProgress?: (progress: DatasetProgress) => void,
): Promise<FeatureSource> {
  const source = await openShardedFeatures(folder) ??
    await openReferenceFeatures(folder, onProgress).catch((error) => {
      if (!(error instanceof Deno.errors.NotFound || error instanceof Deno.errors.NotADirectory)) {
        throw error;
      }
      throw new DatasetError(`${folder}: there is no such folder`);
    });
  if (source) return source;
  throw new DatasetError(
    `${folder} has neither ${INDEX_FILE} nor 0.npy: it is no folder of features; ` +
      "for image files set dataset.name=folder",
  );
}
