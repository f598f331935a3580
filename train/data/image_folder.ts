/** A folder of PNG and JPEG files as a data set. */

import { availableParallelism } from "node:os";
import { basename, join, resolve } from "node:path";
import { type Dataset, DatasetError, type DatasetProgress } from "./dataset.ts";
import type { DecodeReply, DecodeRequest } from "./decode_worker.ts";

/** A picture's file and the number of its class. */
interface Listed {
  path: string;
  label: number;
}

/**
 * Loads every `.png`, `.jpg` and `.jpeg` file of a folder as RGB, cropped and resized to `image_size`
 * squared pixels (see `centerCrop`), decoding in as many workers as there are cores. Each sub-folder
 * is a class, in the order of their names; without sub-folders there is one class. Other files and
 * whatever begins with a dot are left alone.
 *
 * @throws {DatasetError} when the folder has no such layout or a file cannot be decoded; it names the file.
 */
export async function imageFolder(
  { path, image_size, onProgress }: {
    path: string;
    image_size: number;
    onProgress?: (progress: DatasetProgress) => void;
  },
): Promise<Dataset> {
  const { class_names, files } = await listClasses(path);
  const labels = Int32Array.from(files, ({ label }) => label);
  const images = allocate(files.length, image_size, path);
  await decodeAll(files, image_size, images, onProgress);
  const name = `pictures in ${path}`;
  return { name, channels: 3, image_size, class_names, images, labels, length: files.length };
}

/**
 * How many pictures each class of a folder has, decoding none.
 *
 * @throws {DatasetError} as {@linkcode imageFolder}
 */
export async function folderClassCounts(path: string): Promise<number[]> {
  const { class_names, files } = await listClasses(path);
  const counts = class_names.map(() => 0);
  for (const { label } of files) counts[label]++;
  return counts;
}

async function listClasses(path: string): Promise<{ class_names: string[]; files: Listed[] }> {
  const top = await list(path);
  if (top.folders.length === 0) {
    if (top.pictures.length === 0) throw new DatasetError(`${path} has no PNG or JPEG files`);
    const files = top.pictures.map((file) => ({ path: join(path, file), label: 0 }));
    return { class_names: [basename(resolve(path))], files };
  }
  if (top.pictures.length > 0) {
    throw new DatasetError(
      `${path} has pictures (${top.pictures[0]}) beside class folders (${top.folders[0]}): ` +
        `give each picture a class folder, or keep one class without sub-folders`,
    );
  }
  const files: Listed[] = [];
  for (const [label, name] of top.folders.entries()) {
    const folder = join(path, name);
    const { pictures } = await list(folder);
    if (pictures.length === 0) {
      throw new DatasetError(
        `${folder} has no PNG or JPEG files: every sub-folder is a class, remove it or fill it`,
      );
    }
    files.push(...pictures.map((file) => ({ path: join(folder, file), label })));
  }
  return { class_names: top.folders, files };
}

async function list(path: string): Promise<{ folders: string[]; pictures: string[] }> {
  const folders: string[] = [];
  const pictures: string[] = [];
  try {
    for await (const entry of Deno.readDir(path)) {
      if (entry.name.startsWith(".")) continue;
      const isFolder = entry.isSymlink
        ? (await Deno.stat(join(path, entry.name))).isDirectory
        : entry.isDirectory;
      if (isFolder) folders.push(entry.name);
      else if (/\.(png|jpe?g)$/i.test(entry.name)) pictures.push(entry.name);
    }
  } catch (error) {
    const problem = error instanceof Error ? error.message : String(error);
    throw new DatasetError(`cannot list the folder of pictures ${path}: ${problem}`);
  }
  return { folders: folders.sort(), pictures: pictures.sort() };
}

function allocate(n: number, image_size: number, path: string): Uint8Array {
  const bytes = n * 3 * image_size * image_size;
  try {
    return new Uint8Array(bytes);
  } catch {
    throw new DatasetError(
      `the ${n} pictures in ${path} take ${(bytes / 2 ** 30).toFixed(1)} GiB at ${image_size} x ` +
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
  const workers: Worker[] = [];
  let next = 0;
  let done = 0;
  const size = 3 * image_size * image_size;

  function work(): Promise<void> {
    const worker = new Worker(new URL("./decode_worker.ts", import.meta.url), { type: "module" });
    workers.push(worker);
    return new Promise((finish, fail) => {
      let at = 0;
      const ask = () => {
        if (next === files.length) return finish();
        at = next++;
        worker.postMessage({ path: files[at].path, image_size } satisfies DecodeRequest);
      };
      worker.onmessage = ({ data }: MessageEvent<DecodeReply>) => {
        if ("problem" in data) return fail(new DatasetError(data.problem));
        images.set(data.square, at * size);
        onProgress?.({ what: "decode", done: ++done, total: files.length });
        ask();
      };
      worker.onerror = (event) => {
        event.preventDefault();
        fail(new DatasetError(`a picture decoder stopped at ${files[at].path}: ${event.message}`));
      };
      ask();
    });
  }

  try {
    const count = Math.min(availableParallelism(), files.length);
    await Promise.all(Array.from({ length: count }, work));
  } finally {
    for (const worker of workers) worker.terminate();
  }
}
