import { join } from "node:path";
import { DatasetError } from "../dataset.ts";
import type { EncodedCaptions, ImageSource, LatentOrigin } from "../image_source.ts";
import { concatenated } from "./concatenated.ts";
import { type FeatureIndex, INDEX_FILE, readFeatureIndex } from "./feature_index.ts";
import { momentRows } from "./feature_rows.ts";
import { imagesIdentity } from "./images_identity.ts";
import { openCaptions } from "./open_captions.ts";
import { RowReader } from "./row_reader.ts";

/**
 * Latents in a folder of features, open until it is disposed of.
 * @category Data
 */
export interface FeatureSource extends ImageSource<"moments">, Disposable {
  /** What they were encoded with. */
  readonly latents: LatentOrigin;
  /** Where images have captions: what a text encoder made of them. */
  readonly captions?: EncodedCaptions;
  /** Closes the files; reading opens them again. */
  [Symbol.dispose](): void;
}

/**
 * Latents in a folder of features, as their moments. They stay on the disk: a batch's are read when it
 * is asked for, and checked against the checksums that were written with them. In memory is some ten
 * bytes for each image.
 *
 * @returns null where the folder has no index
 * @throws {DatasetError} where the features are not finished, torn or changed
 */
export async function openShardedFeatures(folder: string): Promise<FeatureSource | null> {
  const index = await finishedIndex(folder);
  if (!index) return null;
  const { shape: [channels, height, width], class_names, autoencoder } = index;
  const reader = await RowReader.open(folder, index.shards, momentRows(index));
  const small = reader.heads.map((head) => head.small);
  const labels = concatenated(small.map(({ labels }) => labels?.data));
  const captions = index.text_encoder && await openCaptions(folder, index, small);
  const size = channels * height * width;
  return {
    name: `features of ${index.source} in ${folder}`,
    length: reader.length,
    shape: [channels / 2, height, width],
    dtype: "moments",
    latents: { scale_factor: autoencoder.scale_factor, autoencoder: autoencoder.sha256 },
    ...captions ? { captions } : {},
    ...imagesIdentity({
      labels,
      checksums: concatenated(reader.heads.map((head) => head.checksums)),
      class_names,
    }),
    async read(indices) {
      const data = new Float32Array(indices.length * size);
      const chosen = Int32Array.from(indices, (i) => labels[i]);
      await reader.read(indices, data);
      return { data, labels: chosen };
    },
    [Symbol.dispose]() {
      reader[Symbol.dispose]();
      captions?.[Symbol.dispose]();
    },
  };
}

/** The index of a folder whose features are all there; null where it has none. */
async function finishedIndex(folder: string): Promise<FeatureIndex | null> {
  const index = await readFeatureIndex(folder);
  if (!index) return null;
  if (!index.complete) {
    const n = index.shards.reduce((sum, { n }) => sum + n, 0);
    throw new DatasetError(
      `${join(folder, INDEX_FILE)}: the features are not finished, ${n} images are done; ` +
        "make them again: what makes them goes on there",
    );
  }
  if (index.shards.length === 0) throw new DatasetError(`${folder} has features of no image`);
  return index;
}
