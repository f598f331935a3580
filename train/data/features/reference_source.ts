import { dirname, join } from "node:path";
import { crc32 } from "node:zlib";
import { exists } from "../../files/durable.ts";
import { DatasetError, type DatasetProgress } from "../dataset.ts";
import type { EncodedCaptions } from "../image_source.ts";
import type { FeatureSource } from "./feature_source.ts";
import { imagesIdentity } from "./images_identity.ts";
import { readReferenceContext, readReferenceImage, type ReferenceImage } from "./reference_file.ts";
import { listReference, type ReferenceListing } from "./reference_listing.ts";

/** Files that are read at the same time. */
const PARALLEL = 16;

/**
 * Latents in a folder as U-ViT writes them, a NumPy file for each image. All are read once when the
 * folder is opened, for their labels and checksums; then those that a batch takes. The scale factor is
 * not in the files.
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
  const { shape: [channels, height, width] } = await readReferenceImage(pathOf(0));
  const shape = `${[channels, height, width]}`;
  const read = async (i: number) => {
    const image = await readReferenceImage(pathOf(i));
    if (`${image.shape}` === shape) return image;
    throw new DatasetError(`${pathOf(i)} holds [${image.shape}], and the first file [${shape}]`);
  };
  const labels = new Int32Array(images);
  const checksums = new Int32Array(images);
  let done = 0;
  await inParallel(images, async (i) => {
    const image = await read(i);
    labels[i] = image.label;
    checksums[i] = checksumOf(image);
    onProgress?.({ what: "decode", done: ++done, total: images });
  });
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
        const image = await read(i);
        if (checksumOf(image) !== checksums[i]) {
          throw new DatasetError(`${pathOf(i)} was changed since the folder was opened`);
        }
        data.set(image.moments, at * size);
        chosen[at] = image.label;
      });
      return { data, labels: chosen };
    },
    [Symbol.dispose]() {},
  };
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
  };
}

/** `empty_context.npy` is beside the folders of the parts. */
async function emptyContextOf(folder: string): Promise<string> {
  const places = [folder, dirname(folder)].map((place) => join(place, "empty_context.npy"));
  for (const place of places) if (await exists(place)) return place;
  throw new DatasetError(
    `${places[0]} is missing, the context of the empty caption; it may be in ${
      dirname(folder)
    }, too`,
  );
}

function checksumOf({ moments }: ReferenceImage): number {
  return crc32(new Uint8Array(moments.buffer, moments.byteOffset, moments.byteLength)) | 0;
}

async function inParallel(n: number, work: (i: number) => Promise<void>): Promise<void> {
  const numbers = Array.from({ length: n }, (_, i) => i).values();
  const one = async () => {
    for (const i of numbers) await work(i);
  };
  await Promise.all(Array.from({ length: PARALLEL }, one));
}
