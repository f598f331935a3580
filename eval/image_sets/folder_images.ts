import { DatasetError } from "../../train/data/dataset.ts";
import { decodeImages } from "../../train/data/decode_images.ts";
import { IMAGE_KINDS, leftOutText, listImages } from "../../train/data/folder/list_images.ts";
import { counted } from "../../train/data/counted.ts";
import { ImageError } from "../../train/formats/image.ts";
import type { ImageBatch, ImageSet } from "./image_set.ts";

/** pytorch-fid opens images without their orientation, and its values are to be comparable. */
const NOT_TURNED = "taken as stored, not turned as the EXIF orientation says (like pytorch-fid)";

/**
 * All images of a folder and of the folders in it, as {@linkcode listImages} finds them for training
 * too, in the order of their paths. With `image_size` images are resized and cropped as for training.
 * `onNote` is called with a line of what is left out, and one of images that are not turned upright.
 *
 * `onSkip` is called for each file that cannot be read; without it, the first one ends the batches
 * with an {@linkcode ImageError}, as an image of another size than the first always does.
 *
 * @throws {DatasetError} where the folder cannot be listed or has no images
 */
export async function folderImages(
  folder: string,
  { image_size, onSkip, onNote }: {
    image_size: number | null;
    onSkip?: (problem: string) => void;
    onNote?: (message: string) => void;
  },
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
  if (left_out) onNote?.(left_out);
  let is_said = false;
  const onTurned = (n: number) => {
    if (!is_said) onNote?.(`${counted(n, "image")} of ${folder} ${NOT_TURNED}`);
    is_said = true;
  };
  return {
    name: `images in ${folder}`,
    n: paths.length,
    batches: () => decoded(paths, { image_size, onSkip, onTurned }),
  };
}

async function* decoded(
  paths: readonly string[],
  { image_size, onSkip, onTurned }: {
    image_size: number | null;
    onSkip: ((problem: string) => void) | undefined;
    /** Called at the end with how many images would have to be turned, if there are any. */
    onTurned: (n: number) => void;
  },
): AsyncGenerator<ImageBatch> {
  const skip = (problem: string) => {
    if (!onSkip) throw new ImageError(`${problem}; --skip_broken leaves such files out`);
    onSkip(problem);
  };
  let first: { path: string; width: number; height: number } | null = null;
  let turned = 0;
  for await (const file of decodeImages(paths, { image_size })) {
    if ("problem" in file) {
      skip(file.problem);
      continue;
    }
    const { path, image, width, height, orientation } = file;
    if (orientation !== 1) turned++;
    first ??= { path, width, height };
    if (width !== first.width || height !== first.height) {
      throw new ImageError(
        `${path} has ${width} x ${height} pixels and ${first.path} ${first.width} x ` +
          `${first.height}: bring them to one size, or let --image_size=${
            Math.min(width, height, first.width, first.height)
          } crop and resize all of them as training does`,
      );
    }
    yield { images: image, n: 1, height, width };
  }
  if (turned > 0) onTurned(turned);
}
