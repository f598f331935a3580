/** A folder of image files as a data set. */

import { basename, join, resolve } from "node:path";
import { colourOf } from "../formats/images/colour.ts";
import { counted } from "../../engine/counted.ts";
import { type Dataset, DatasetError, type DatasetRequest } from "./dataset.ts";
import { brokenText } from "./folder/broken_images.ts";
import { captionedFolder } from "./captions/captioned_images.ts";
import { type ClassFolders, classFolders } from "./folder/class_folders.ts";
import { decodeFiles } from "./folder/decode_files.ts";
import { type InMemorySource, inMemorySource } from "./in_memory_source.ts";

/** The file of decoded images in the folder of caches: one data set's, as a run has one. */
const CACHE = "images";

/** A folder of images in the table of data sets. */
export const imageFolderDataset: Dataset = {
  splits: ["train"],
  path: "needed",
  open: ({ path, ...request }) => imageFolder({ path: path!, ...request }),
  outline: async ({ path, image_size, channels, captions }) => {
    const { texts, ...folder } = await listed(path!, captions ?? false);
    return {
      ...folder,
      shape: [channels, image_size, image_size],
      ...texts ? { captions: { kind: "texts" } } : {},
    };
  },
};

/** The images of a folder: by class, or with captions where these are asked for and there are any. */
async function listed(
  path: string,
  captions: boolean,
): Promise<ClassFolders & { readonly texts?: readonly (readonly string[])[] }> {
  const captioned = captions ? await captionedFolder(path) : null;
  if (!captioned) return await classFolders(path);
  const { paths, captions: texts, notes } = captioned;
  return {
    class_names: [basename(resolve(path))],
    class_counts: [paths.length],
    paths,
    labels: new Int32Array(paths.length),
    notes,
    texts,
  };
}

/**
 * Which folder is loaded, and how.
 * @category Data
 */
export type ImageFolderRequest =
  & { readonly path: string }
  & Pick<DatasetRequest, "image_size" | "captions" | "skip_broken" | "cache_folder">
  & Pick<DatasetRequest, "onProgress" | "onNote">
  & Partial<Pick<DatasetRequest, "channels" | "background">>;

/**
 * Loads the images of a folder (see {@linkcode classFolders}), in colour or in grey, upright as their
 * EXIF orientation says, resized and cropped to squares of `image_size` pixels (see `centerCrop`),
 * decoding in as many workers as there are cores. Transparent pixels are put over the colour
 * `background`, `white` or `#ffffff` for instance; by default they are opaque.
 *
 * @param captions whether images are taken with their captions, where there are any (see
 * `captionedFolder`): those that have some, as one class
 * @param skip_broken whether to leave out files that cannot be decoded, and name them
 * @param cache_folder where decoded images are kept for the next start; null: nowhere
 * @param onNote called with lines that say what is left out, and how many images were turned
 * @throws {DatasetError} where the folder has another layout, or files, all of which it names, cannot
 * be decoded
 * @category Data
 */
export async function imageFolder(
  {
    path,
    image_size,
    channels = 3,
    background = null,
    captions = false,
    skip_broken = false,
    cache_folder = null,
    onProgress,
    onNote,
  }: ImageFolderRequest,
): Promise<InMemorySource> {
  const { class_names, paths, labels, notes, texts } = await listed(path, captions);
  for (const note of notes) onNote?.(note);
  const decoded = await decodeFiles(paths, allocate(paths.length, { image_size, channels, path }), {
    decode: {
      image_size,
      channels,
      is_upright: true,
      background: background === null ? null : colourOf(background),
    },
    cache: cache_folder && join(cache_folder, CACHE),
    onProgress,
    onNote,
  });
  const { problems, orientations } = decoded;
  if (problems.length > 0) {
    const of = { all: paths.length, where: path };
    if (!skip_broken) {
      const remedy = "remove them, or leave them out with skip_broken=true";
      throw new DatasetError(brokenText(problems, { ...of, remedy }));
    }
    onNote?.(brokenText(problems, { ...of, remedy: "they are left out" }));
  }
  const turned = orientations.filter((orientation) => orientation > 1).length;
  if (turned > 0) {
    onNote?.(`${counted(turned, "image")} turned upright, as the EXIF orientation says`);
  }
  const name = `images in ${path}${channels === 1 ? ", in grey" : ""}`;
  const whole = paths.flatMap((_, i) => orientations[i] > 0 ? [i] : []);
  const source = inMemorySource({
    name,
    shape: [channels, image_size, image_size],
    class_names,
    images: rowsOf(decoded.images, whole, paths.length),
    labels: Int32Array.from(whole, (i) => labels[i]),
    ...texts ? { texts: whole.map((i) => texts[i]) } : {},
  });
  const lost = source.class_counts.indexOf(0);
  if (lost >= 0) throw new DatasetError(`${path}: no image of ${class_names[lost]} can be decoded`);
  return source;
}

/** Moves the rows with these numbers, ascending, of `n` to the front. @returns these */
function rowsOf(rows: Uint8Array, numbers: readonly number[], n: number): Uint8Array {
  const size = rows.length / n;
  for (const [to, from] of numbers.entries()) {
    if (from > to) rows.copyWithin(to * size, from * size, (from + 1) * size);
  }
  return rows.subarray(0, numbers.length * size);
}

function allocate(
  n: number,
  { image_size, channels, path }: { image_size: number; channels: number; path: string },
): Uint8Array {
  const bytes = n * channels * image_size * image_size;
  try {
    return new Uint8Array(bytes);
  } catch {
    throw new DatasetError(
      `the ${n} images in ${path} take ${(bytes / 2 ** 30).toFixed(1)} GiB at ${image_size} x ` +
        `${image_size}, more than memory holds: use fewer, or a smaller dataset.image_size`,
    );
  }
}
