/** CIFAR-10 in its official binary form, from a folder, an archive or the network. */

import { join } from "node:path";
import { readTar, TarError } from "../formats/tar.ts";
import { cacheFolder } from "../files/cache_folder.ts";
import { download, DownloadError } from "../files/download.ts";
import { exists } from "../files/durable.ts";
import { sha256Of } from "../files/sha256_of.ts";
import { type Dataset, DatasetError, type DatasetProgress } from "./dataset.ts";
import { greyPlane } from "./grey.ts";
import { type InMemorySource, inMemorySource } from "./in_memory_source.ts";

/**
 * Where the archive is downloaded from, its checksum, and where it is stored.
 * @category Data
 */
export interface Cifar10Origin {
  /** Address of the archive. */
  url: string;
  /** Its SHA-256 sum, hexadecimal. */
  sha256: string;
  /** Folder of the downloaded archive. */
  cache: string;
}

const URL_OF_ARCHIVE = "https://www.cs.toronto.edu/~kriz/cifar-10-binary.tar.gz";
const SHA256_OF_ARCHIVE = "c4a38c50a1bc5f3a1c5537f2155ab9d68f9f25eb1ed8d9ddda3db29a59bca1dd";
const ARCHIVE = "cifar-10-binary.tar.gz";
const FOLDER = "cifar-10-batches-bin";

const BATCHES = {
  train: [1, 2, 3, 4, 5].map((k) => `data_batch_${k}.bin`),
  test: ["test_batch.bin"],
};
const IMAGES_PER_BATCH = 10_000;
const TRAIN_IMAGES_PER_CLASS = 5000;
const CLASSES: readonly string[] = [
  "airplane",
  "automobile",
  "bird",
  "cat",
  "deer",
  "dog",
  "frog",
  "horse",
  "ship",
  "truck",
];
const SIZE = 32;
const PIXEL_BYTES = 3 * SIZE * SIZE;
const RECORD_BYTES = 1 + PIXEL_BYTES;

/** CIFAR-10 in the table of data sets. */
export const cifar10Dataset: Dataset = {
  splits: ["train", "test"],
  path: "optional",
  open: ({ path, split, channels, onProgress }) =>
    cifar10({ path, split: split === "test" ? "test" : "train", channels, onProgress }),
  outline: ({ channels }) =>
    Promise.resolve({
      shape: [channels, SIZE, SIZE],
      class_names: CLASSES,
      class_counts: CLASSES.map(() => TRAIN_IMAGES_PER_CLASS),
    }),
};

/** One binary file: records of a label byte and 3072 channel-planar pixel bytes. */
interface BatchFile {
  name: string;
  bytes: Uint8Array;
}

/**
 * Loads one split of CIFAR-10: 32 x 32, in colour or in grey, ten classes. `path` is the folder with the `.bin` files, the
 * folder around it, or `cifar-10-binary.tar.gz`; without it the archive is downloaded once, to the
 * user's cache folder. Some of the five training files are enough; the source's name then lists them.
 *
 * Format: https://www.cs.toronto.edu/~kriz/cifar.html, "Binary version".
 *
 * @throws {DatasetError} where files are missing, damaged or of another kind, or the download fails
 * @category Data
 */
export async function cifar10(
  { path, split, channels = 3, onProgress, origin = officialOrigin() }: {
    path?: string | null;
    split: "train" | "test";
    channels?: 1 | 3;
    onProgress?: (progress: DatasetProgress) => void;
    origin?: Cifar10Origin;
  },
): Promise<InMemorySource> {
  const place = path ?? await fetchArchive(origin, onProgress);
  const isFolder = await isDirectory(place);
  const files = isFolder
    ? await readFolder(place, BATCHES[split])
    : await readArchive(place, BATCHES[split]);
  if (files.length === 0) {
    const found = isFolder ? await describeFolder(place) : "an archive of other files";
    throw new DatasetError(
      `${place} has no ${BATCHES[split].join(" or ")} of CIFAR-10, only ${found}: ` +
        `give path=FOLDER, that of ${FOLDER} or of ${ARCHIVE} from ${origin.url}`,
    );
  }
  return assemble(files, { split, channels, place });
}

function officialOrigin(): Cifar10Origin {
  return { url: URL_OF_ARCHIVE, sha256: SHA256_OF_ARCHIVE, cache: cacheFolder() };
}

async function fetchArchive(
  { url, sha256, cache }: Cifar10Origin,
  onProgress?: (progress: DatasetProgress) => void,
): Promise<string> {
  const archive = join(cache, ARCHIVE);
  if (await exists(archive)) {
    const found = await sha256Of(archive);
    if (found === sha256) return archive;
    throw new DatasetError(
      `${archive} is damaged (its SHA-256 sum is ${found}, not ${sha256}): remove it, and it is ` +
        "downloaded again",
    );
  }
  try {
    await download({ url, to: archive, sha256, onProgress });
  } catch (error) {
    if (!(error instanceof DownloadError)) throw error;
    throw new DatasetError(
      `${error.message}; fetch that address by other means, and give path=FILE`,
    );
  }
  return archive;
}

async function isDirectory(path: string): Promise<boolean> {
  try {
    return (await Deno.stat(path)).isDirectory;
  } catch (error) {
    throw unreadable(path, error);
  }
}

async function readFolder(path: string, names: string[]): Promise<BatchFile[]> {
  for (const folder of [path, join(path, FOLDER)]) {
    const files: BatchFile[] = [];
    for (const name of names) {
      try {
        files.push({ name, bytes: await Deno.readFile(join(folder, name)) });
      } catch (error) {
        if (!(error instanceof Deno.errors.NotFound)) throw unreadable(join(folder, name), error);
      }
    }
    if (files.length > 0) return files;
  }
  return [];
}

async function readArchive(path: string, names: string[]): Promise<BatchFile[]> {
  const files = new Map<string, BatchFile>();
  try {
    using file = await Deno.open(path);
    const tar = file.readable.pipeThrough(new DecompressionStream("gzip"));
    const baseName = (name: string) => name.slice(name.lastIndexOf("/") + 1);
    for await (const { name, bytes } of readTar(tar, (name) => names.includes(baseName(name)))) {
      files.set(baseName(name), { name: baseName(name), bytes });
    }
  } catch (error) {
    // A damaged gzip stream fails with a bare TypeError.
    if (!(error instanceof TarError || error instanceof TypeError)) throw unreadable(path, error);
    throw new DatasetError(
      `${path} is not a whole ${ARCHIVE} (${error.message}): replace it with one from ${URL_OF_ARCHIVE}`,
    );
  }
  return names.flatMap((name) => files.get(name) ?? []);
}

function assemble(
  files: BatchFile[],
  { split, channels, place }: { split: "train" | "test"; channels: 1 | 3; place: string },
): InMemorySource {
  for (const { name, bytes } of files) {
    const extra = bytes.length % RECORD_BYTES;
    if (bytes.length === 0 || extra !== 0) {
      throw new DatasetError(
        `${name} in ${place} has ${bytes.length} bytes, no whole number of ${RECORD_BYTES}-byte ` +
          `images (the official files have ${IMAGES_PER_BATCH * RECORD_BYTES}): fetch it again`,
      );
    }
  }
  const length = files.reduce((sum, { bytes }) => sum + bytes.length / RECORD_BYTES, 0);
  const image_bytes = channels * SIZE * SIZE;
  const images = new Uint8Array(length * image_bytes);
  const labels = new Int32Array(length);
  let i = 0;
  for (const { name, bytes } of files) {
    for (let at = 0; at < bytes.length; at += RECORD_BYTES, i++) {
      if (bytes[at] >= CLASSES.length) {
        throw new DatasetError(
          `${name} in ${place} is not CIFAR-10: its image ${at / RECORD_BYTES} has the label ` +
            `${bytes[at]} where 0 to 9 are possible`,
        );
      }
      labels[i] = bytes[at];
      const planes = bytes.subarray(at + 1, at + RECORD_BYTES);
      images.set(channels === 1 ? greyPlane(planes) : planes, i * image_bytes);
    }
  }
  const all = BATCHES[split].length * IMAGES_PER_BATCH;
  const part = length === all
    ? ""
    : ` (${length} of ${all} images: ${files.map(({ name }) => name).join(", ")})`;
  const name = `CIFAR-10 ${split}${channels === 1 ? " in grey" : ""}${part}`;
  const shape = [channels, SIZE, SIZE] as const;
  return inMemorySource({ name, shape, class_names: CLASSES, images, labels });
}

async function describeFolder(path: string): Promise<string> {
  const names = await Array.fromAsync(Deno.readDir(path), ({ name }) => name);
  if (names.length === 0) return "nothing at all";
  const some = names.sort().slice(0, 5).join(", ");
  return names.length > 5 ? `${some} and ${names.length - 5} more` : some;
}

function unreadable(path: string, error: unknown): DatasetError {
  const problem = error instanceof Error ? error.message : String(error);
  return new DatasetError(`cannot read CIFAR-10 from ${path}: ${problem}`);
}
