import { join } from "node:path";
import { DatasetError } from "../../train/data/dataset.ts";
import { decodeImages } from "../../train/data/decode_images.ts";
import { ImageError } from "../../train/formats/image.ts";
import type { ImageBatch, ImageSet } from "./image_set.ts";

const READABLE = /\.(png|jpe?g)$/i;
/** Image files of formats that are not decoded here. */
const OTHER_IMAGES = /\.(webp|bmp|gif|tiff?|avif|p[pgn]m)$/i;
/** Marks a folder of samples, which has grids besides its numbered images. */
const SAMPLE_RECORD = "sample.json";
const SAMPLE = /^\d{6,}\.png$/;

/**
 * All PNG and JPEG files of a folder and of the folders in it, in the order of their paths; of a
 * folder of samples, its numbered images. Hidden files and those of other names are ignored. With
 * `image_size` images are resized and cropped as for training.
 *
 * `onSkip` is called for each file that cannot be read; without it, the first one ends the batches
 * with an {@linkcode ImageError}, as an image of another size than the first always does.
 *
 * @throws {DatasetError} where the folder cannot be listed or has no images
 */
export async function folderImages(
  folder: string,
  { image_size, onSkip }: { image_size: number | null; onSkip?: (problem: string) => void },
): Promise<ImageSet> {
  const paths = await imagePaths(folder);
  if (paths.length === 0) throw new DatasetError(`${folder} has no PNG or JPEG files`);
  return {
    name: `images in ${folder}`,
    n: paths.length,
    batches: () => decoded(paths, image_size, onSkip),
  };
}

async function* decoded(
  paths: readonly string[],
  image_size: number | null,
  onSkip: ((problem: string) => void) | undefined,
): AsyncGenerator<ImageBatch> {
  const skip = (problem: string) => {
    if (!onSkip) throw new ImageError(`${problem}; --skip_broken leaves such files out`);
    onSkip(problem);
  };
  for (const path of paths.filter((path) => OTHER_IMAGES.test(path))) {
    skip(`${path} is neither a PNG nor a JPEG image`);
  }
  let first: { path: string; width: number; height: number } | null = null;
  const readable = paths.filter((path) => READABLE.test(path));
  for await (const file of decodeImages(readable, { image_size })) {
    if ("problem" in file) {
      skip(file.problem);
      continue;
    }
    const { path, image, width, height } = file;
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
}

/** Paths of all files with names of images, sorted. */
async function imagePaths(folder: string): Promise<string[]> {
  const found: string[] = [];
  const seen = new Set<string>();
  async function walk(at: string): Promise<void> {
    const real = await Deno.realPath(at);
    if (seen.has(real)) return;
    seen.add(real);
    const entries = (await Array.fromAsync(Deno.readDir(at)))
      .filter(({ name }) => !name.startsWith("."));
    const sampled = entries.some(({ name }) => name === SAMPLE_RECORD);
    for (const entry of entries) {
      const path = join(at, entry.name);
      const isFolder = entry.isSymlink ? (await Deno.stat(path)).isDirectory : entry.isDirectory;
      if (isFolder) await walk(path);
      else if (
        sampled
          ? SAMPLE.test(entry.name)
          : READABLE.test(entry.name) || OTHER_IMAGES.test(entry.name)
      ) found.push(path);
    }
  }
  try {
    await walk(folder);
  } catch (error) {
    const problem = error instanceof Error ? error.message : String(error);
    throw new DatasetError(`cannot list the folder of images ${folder}: ${problem}`);
  }
  return found.sort();
}
