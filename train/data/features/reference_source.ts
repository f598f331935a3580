import { dirname, join, resolve } from "node:path";
import { crc32 } from "node:zlib";
import { exists } from "../../files/durable.ts";
import { DatasetError, type DatasetProgress } from "../dataset.ts";
import type { EncodedCaptions } from "../image_source.ts";
import type { FeatureSource } from "./feature_source.ts";
import { imagesIdentity } from "./images_identity.ts";
import { inParallel } from "./in_parallel.ts";
import {
  readReferenceContext,
  readReferenceImage,
  readReferencePrompt,
  type ReferenceImage,
} from "./reference_file.ts";
import {
  dropReferenceIndex,
  keepReferenceIndex,
  readReferenceIndex,
  type ReferenceIndex,
} from "./reference_index.ts";
import {
  EMPTY_CONTEXT_FILE,
  listReference,
  PROMPTS_FOLDER,
  type ReferenceListing,
} from "./reference_listing.ts";

/**
 * Latents in a folder as U-ViT writes them, a NumPy file for each image. All are read once when the
 * folder is first opened, for their labels and checksums, of which an index is kept; then those that a
 * batch takes. The scale factor is not in the files.
 *
 * @returns null where the folder has no such files
 * @throws {DatasetError} where one is missing, torn, or of another shape
 */
export async function openReferenceFeatures(
  folder: string,
  onProgress?: (progress: DatasetProgress) => void,
): Promise<FeatureSource | null> {
  const listing = await listReference(folder);
  if (!listing) return null;
  const { images } = listing;
  const pathOf = (i: number) => join(folder, `${i}.npy`);
  const kept = await readReferenceIndex(folder, images, pathOf);
  const index = kept ?? await indexOf(images, pathOf, onProgress);
  if (!kept) await keepReferenceIndex(folder, index, pathOf);
  const { shape: [channels, height, width], labels, checksums } = index;
  const classes = labels.reduce((most, label) => Math.max(most, label + 1), 1);
  const captions = listing.captions && await openContexts(folder, listing.captions);
  const size = channels * height * width;
  return {
    name: `features in ${folder}, a NumPy file each`,
    length: images,
    shape: [channels / 2, height, width],
    dtype: "moments",
    latents: { scale_factor: null, autoencoder: null },
    ...captions ? { captions } : {},
    ...imagesIdentity({
      labels,
      checksums,
      class_names: Array.from({ length: classes }, (_, label) => String(label)),
    }),
    async read(indices) {
      const data = new Float32Array(indices.length * size);
      const chosen = new Int32Array(indices.length);
      await inParallel(indices.length, async (at) => {
        const i = indices[at];
        if (!(i >= 0 && i < images)) throw new RangeError(`no image ${i}, only 0 to ${images - 1}`);
        const image = await readReferenceImage(pathOf(i));
        if (checksumOf(image) !== checksums[i] || image.label !== labels[i]) {
          await dropReferenceIndex(folder);
          throw new DatasetError(
            `${pathOf(i)} was changed since its label was read; start again: all are read anew`,
          );
        }
        data.set(image.moments, at * size);
        chosen[at] = image.label;
      });
      return { data, labels: chosen };
    },
    [Symbol.dispose]() {},
  };
}

/** Reads all files. @throws {DatasetError} where one is torn, or of another shape */
async function indexOf(
  images: number,
  pathOf: (i: number) => string,
  onProgress?: (progress: DatasetProgress) => void,
): Promise<ReferenceIndex> {
  const { shape: [channels, height, width] } = await readReferenceImage(pathOf(0));
  const shape = [channels, height, width] as const;
  const labels = new Int32Array(images);
  const checksums = new Int32Array(images);
  let done = 0;
  await inParallel(images, async (i) => {
    const image = await readReferenceImage(pathOf(i));
    if (`${image.shape}` !== `${shape}`) {
      throw new DatasetError(`${pathOf(i)} holds [${image.shape}], and the first file [${shape}]`);
    }
    labels[i] = image.label;
    checksums[i] = checksumOf(image);
    onProgress?.({ what: "read", done: ++done, total: images });
  });
  return { shape, labels, checksums };
}

async function openContexts(
  folder: string,
  counts: NonNullable<ReferenceListing["captions"]>,
): Promise<EncodedCaptions> {
  const { context: empty, shape } = await readReferenceContext(await emptyContextOf(folder));
  const width = shape[0] * shape[1];
  return {
    kind: "contexts",
    shape,
    counts,
    async read(images, draws) {
      const contexts = new Float32Array(images.length * width);
      await inParallel(images.length, async (at) => {
        const caption = Math.floor(draws[at] / 2 ** 32 * counts[images[at]]);
        const path = join(folder, `${images[at]}_${caption}.npy`);
        const read = await readReferenceContext(path);
        if (`${read.shape}` !== `${shape}`) {
          throw new DatasetError(`${path} holds [${read.shape}], and the empty context [${shape}]`);
        }
        contexts.set(read.context, at * width);
      });
      return contexts;
    },
    empty: () => Promise.resolve(new Float32Array(empty)),
    async prompts(n) {
      const place = await besideOf(folder, PROMPTS_FOLDER);
      if (!place) return null;
      const { images } = await listReference(place) ?? { images: 0 };
      const texts: string[] = [];
      const context = new Float32Array(Math.min(n, images) * width);
      for (let i = 0; i < n && i < images; i++) {
        const prompt = await readReferencePrompt(join(place, `${i}.npy`), shape);
        texts.push(prompt.text);
        context.set(prompt.context, i * width);
      }
      return images > 0 ? { texts, context } : null;
    },
  };
}

async function emptyContextOf(folder: string): Promise<string> {
  const place = await besideOf(folder, EMPTY_CONTEXT_FILE);
  if (place) return place;
  throw new DatasetError(
    `${
      join(folder, EMPTY_CONTEXT_FILE)
    } is missing, the context of the empty caption; it may be in ` +
      `${dirname(folder)}, too`,
  );
}

/** What is beside the folders of the parts, or in one of them; null where it is in neither. */
async function besideOf(folder: string, name: string): Promise<string | null> {
  const places = [folder, dirname(resolve(folder))].map((place) => join(place, name));
  for (const place of places) if (await exists(place)) return place;
  return null;
}

function checksumOf({ moments }: ReferenceImage): number {
  return crc32(new Uint8Array(moments.buffer, moments.byteOffset, moments.byteLength)) | 0;
}
