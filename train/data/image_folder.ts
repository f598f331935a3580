/** A folder of image files as a data set. */

import { colourOf } from "../formats/images/colour.ts";
import type { Rgb } from "../formats/images/rgb_of.ts";
import { counted } from "./counted.ts";
import { decodeImages } from "./decode_images.ts";
import {
  type Dataset,
  DatasetError,
  type DatasetProgress,
  type DatasetRequest,
} from "./dataset.ts";
import { classFolders } from "./folder/class_folders.ts";
import { type InMemorySource, inMemorySource } from "./in_memory_source.ts";

/** A folder of images in the table of data sets. */
export const imageFolderDataset: Dataset = {
  splits: ["train"],
  needs_path: true,
  open: ({ path, ...request }) => imageFolder({ path: path!, ...request }),
  outline: async ({ path, image_size }) => ({
    ...await classFolders(path!),
    shape: [3, image_size, image_size],
  }),
};

/**
 * Loads the images of a folder (see {@linkcode classFolders}) as RGB, upright as their EXIF
 * orientation says, resized and cropped to squares of `image_size` pixels (see `centerCrop`),
 * decoding in as many workers as there are cores. Transparent pixels are put over the colour
 * `background`, `white` or `#ffffff` for instance; by default they are opaque.
 *
 * @param onNote called with lines that say what is left out, and how many images were turned
 * @throws {DatasetError} where the folder has another layout, or a file, which it names, cannot be
 * decoded
 */
export async function imageFolder(
  { path, image_size, background = null, onProgress, onNote }: {
    path: string;
    image_size: number;
    background?: string | null;
    onProgress?: (progress: DatasetProgress) => void;
    onNote?: (message: string) => void;
  },
): Promise<InMemorySource> {
  const { class_names, paths, labels, notes } = await classFolders(path);
  for (const note of notes) onNote?.(note);
  const images = allocate(paths.length, image_size, path);
  const options = { image_size, background: background === null ? null : colourOf(background) };
  await decodeAll(paths, options, images, { onProgress, onNote });
  const name = `images in ${path}`;
  return inMemorySource({ name, shape: [3, image_size, image_size], class_names, images, labels });
}

function allocate(n: number, image_size: number, path: string): Uint8Array {
  const bytes = n * 3 * image_size * image_size;
  try {
    return new Uint8Array(bytes);
  } catch {
    throw new DatasetError(
      `the ${n} images in ${path} take ${(bytes / 2 ** 30).toFixed(1)} GiB at ${image_size} x ` +
        `${image_size}, more than memory holds: use fewer, or a smaller dataset.image_size`,
    );
  }
}

async function decodeAll(
  paths: readonly string[],
  options: { image_size: number; background: Rgb | null },
  images: Uint8Array,
  { onProgress, onNote }: Pick<DatasetRequest, "onProgress" | "onNote">,
): Promise<void> {
  let done = 0;
  let turned = 0;
  for await (const decoded of decodeImages(paths, { ...options, is_upright: true })) {
    if ("problem" in decoded) throw new DatasetError(decoded.problem);
    images.set(decoded.image, done * decoded.image.length);
    if (decoded.orientation !== 1) turned++;
    done++;
    onProgress?.({ what: "decode", done, total: paths.length });
  }
  if (turned > 0) {
    onNote?.(`${counted(turned, "image")} turned upright, as the EXIF orientation says`);
  }
}
