import { DatasetError } from "../../train/data/dataset.ts";
import { decodeImages } from "../../train/data/decode_images.ts";
import { brokenText } from "../../train/data/folder/broken_images.ts";
import { IMAGE_KINDS, leftOutText, listImages } from "../../train/data/folder/list_images.ts";
import { counted } from "../../engine/counted.ts";
import { ImageError } from "../../train/formats/image.ts";
import type { ImageBatch, ImageSet } from "./image_set.ts";

/** pytorch-fid opens images without their orientation, and its values are to be comparable. */
const NOT_TURNED = "taken as stored, not turned as the EXIF orientation says (like pytorch-fid)";
/** How the images of a folder are read. */
export interface FolderImagesOptions {
  /** Height and width to crop and resize to, as for training; null: as they are. */
  readonly image_size: number | null;
  /** Whether to leave out files that cannot be decoded; without it they are an error. */
  readonly skip_broken?: boolean;
  /** Called with lines that say what is left out. */
  readonly onNote?: (message: string) => void;
}

/**
 * All images of a folder and of the folders in it, as {@linkcode listImages} finds them for training
 * too, in the order of their paths. With `image_size` images are resized and cropped as for training.
 * `onNote` is called with a line of what is left out, and one of images that are not turned upright.
 *
 * Files that cannot be decoded end the batches with an {@linkcode ImageError} that names them all;
 * with `skip_broken` they are left out, and named to `onNote`. An image of another size than the
 * first ends the batches, too.
 *
 * @throws {DatasetError} where the folder cannot be listed or has no images
 */
export async function folderImages(
  folder: string,
  options: FolderImagesOptions,
): Promise<ImageSet> {
  const listing = await listImages(folder);
  const left_out = leftOutText(listing);
  const { images, sub_folders } = listing;
  const paths = [...images, ...sub_folders.flatMap((sub) => sub.images)].sort();
  if (paths.length === 0) {
    throw new DatasetError(
      `${folder} has no ${IMAGE_KINDS} files${left_out ? ` (${left_out})` : ""}`,
    );
  }
  // Once each, however often the images are read.
  const said = new Set<string>();
  const onNote = (note: string) => {
    if (!said.has(note)) options.onNote?.(note);
    said.add(note);
  };
  if (left_out) onNote(left_out);
  return {
    name: `images in ${folder}`,
    n: paths.length,
    batches: () => decoded(paths, folder, { ...options, onNote }),
  };
}

async function* decoded(
  paths: readonly string[],
  folder: string,
  { image_size, skip_broken, onNote }: FolderImagesOptions,
): AsyncGenerator<ImageBatch> {
  const problems: string[] = [];
  let first: { path: string; width: number; height: number } | null = null;
  let turned = 0;
  for await (const file of decodeImages(paths, { image_size })) {
    if ("problem" in file) {
      problems.push(file.problem);
      continue;
    }
    // All the others are still decoded, so that what is broken is named at once.
    if (problems.length > 0 && !skip_broken) continue;
    const { path, image, width, height, orientation } = file;
    if (orientation !== 1) turned++;
    first ??= { path, width, height };
    if (width !== first.width || height !== first.height) {
      throw new ImageError(
        `${path} has ${width} x ${height} pixels and ${first.path} ${first.width} x ` +
          `${first.height}: bring them to one size, or let image_size=${
            Math.min(width, height, first.width, first.height)
          } crop and resize all of them as training does`,
      );
    }
    yield { images: image, n: 1, height, width };
  }
  if (turned > 0) onNote?.(`${counted(turned, "image")} of ${folder} ${NOT_TURNED}`);
  if (problems.length === 0) return;
  const text = (remedy: string) =>
    brokenText(problems, { all: paths.length, where: folder, remedy });
  if (!skip_broken) {
    throw new ImageError(text("remove them, or leave them out with skip_broken=true"));
  }
  onNote?.(text("they are left out"));
}
