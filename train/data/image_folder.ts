/** A folder of PNG and JPEG files as a data set. */

import { basename, join, resolve } from "node:path";
import { decodeImages } from "./decode_images.ts";
import { type Dataset, DatasetError, type DatasetProgress } from "./dataset.ts";
import { type InMemorySource, inMemorySource } from "./in_memory_source.ts";

/** A folder of images in the table of data sets. */
export const imageFolderDataset: Dataset = {
  splits: ["train"],
  needs_path: true,
  open: ({ path, image_size, onProgress }) => imageFolder({ path: path!, image_size, onProgress }),
  classCounts: ({ path }) => folderClassCounts(path!),
};

/** An image's file and the number of its class. */
interface Listed {
  path: string;
  label: number;
}

/**
 * Loads every `.png`, `.jpg` and `.jpeg` file of a folder as RGB, resized and cropped to squares of
 * `image_size` pixels (see `centerCrop`), decoding in as many workers as there are cores. Each
 * sub-folder is a class, in the order of their names; without sub-folders there is one class. Other
 * files and names that begin with a dot are ignored.
 *
 * @throws {DatasetError} where the folder has another layout, or a file, which it names, cannot be
 * decoded
 */
export async function imageFolder(
  { path, image_size, onProgress }: {
    path: string;
    image_size: number;
    onProgress?: (progress: DatasetProgress) => void;
  },
): Promise<InMemorySource> {
  const { class_names, files } = await listClasses(path);
  const labels = Int32Array.from(files, ({ label }) => label);
  const images = allocate(files.length, image_size, path);
  await decodeAll(files, image_size, images, onProgress);
  const name = `images in ${path}`;
  return inMemorySource({ name, shape: [3, image_size, image_size], class_names, images, labels });
}

/** Images of each class, decoding none. */
async function folderClassCounts(path: string): Promise<number[]> {
  const { class_names, files } = await listClasses(path);
  const counts = class_names.map(() => 0);
  for (const { label } of files) counts[label]++;
  return counts;
}

async function listClasses(path: string): Promise<{ class_names: string[]; files: Listed[] }> {
  const top = await list(path);
  if (top.folders.length === 0) {
    if (top.images.length === 0) throw new DatasetError(`${path} has no PNG or JPEG files`);
    const files = top.images.map((file) => ({ path: join(path, file), label: 0 }));
    return { class_names: [basename(resolve(path))], files };
  }
  if (top.images.length > 0) {
    throw new DatasetError(
      `${path} has images (${top.images[0]}) beside class folders (${top.folders[0]}): ` +
        `give each image a class folder, or keep one class without sub-folders`,
    );
  }
  const files: Listed[] = [];
  for (const [label, name] of top.folders.entries()) {
    const folder = join(path, name);
    const { images } = await list(folder);
    if (images.length === 0) {
      throw new DatasetError(
        `${folder} has no PNG or JPEG files: every sub-folder is a class, remove it or fill it`,
      );
    }
    files.push(...images.map((file) => ({ path: join(folder, file), label })));
  }
  return { class_names: top.folders, files };
}

async function list(path: string): Promise<{ folders: string[]; images: string[] }> {
  const folders: string[] = [];
  const images: string[] = [];
  try {
    for await (const entry of Deno.readDir(path)) {
      if (entry.name.startsWith(".")) continue;
      const isFolder = entry.isSymlink
        ? (await Deno.stat(join(path, entry.name))).isDirectory
        : entry.isDirectory;
      if (isFolder) folders.push(entry.name);
      else if (/\.(png|jpe?g)$/i.test(entry.name)) images.push(entry.name);
    }
  } catch (error) {
    const problem = error instanceof Error ? error.message : String(error);
    throw new DatasetError(`cannot list the folder of images ${path}: ${problem}`);
  }
  return { folders: folders.sort(), images: images.sort() };
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
  files: Listed[],
  image_size: number,
  images: Uint8Array,
  onProgress?: (progress: DatasetProgress) => void,
): Promise<void> {
  let done = 0;
  for await (const decoded of decodeImages(files.map(({ path }) => path), { image_size })) {
    if ("problem" in decoded) throw new DatasetError(decoded.problem);
    images.set(decoded.image, done * decoded.image.length);
    onProgress?.({ what: "decode", done: ++done, total: files.length });
  }
}
