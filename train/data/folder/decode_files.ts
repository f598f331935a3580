import { dirname } from "node:path";
import type { DatasetRequest } from "../dataset.ts";
import { decodeImages } from "../decode_images.ts";
import type { DecodeOptions } from "../decode_worker.ts";
import { type DecodedFiles, type FileStamp, takeCached, writeCache } from "./decode_cache.ts";

/** Raised when decoders or `centerCrop` give other pixels: what is cached is then decoded again. */
export const PIXELS_VERSION = 1;
/** Larger caches are not written. */
const MAX_CACHE_BYTES = 4 * 2 ** 30;

/** Files decoded to images of one size. */
export interface DecodedImages {
  /** `[n, C, H, W]` of all files; zeros where a file is broken. */
  readonly images: Uint8Array;
  /** EXIF's orientation of each image, 1 to 8; 0: the file is broken. */
  readonly orientations: Uint8Array;
  /** What is wrong with each broken file, in the order of the files. */
  readonly problems: readonly string[];
}

/** How files are decoded to images of one size. */
export interface DecodeFilesOptions extends Pick<DatasetRequest, "onProgress" | "onNote"> {
  /** What is made of each file. */
  readonly decode: DecodeOptions & { readonly image_size: number };
  /** The file that keeps decoded images between starts; null: none. */
  readonly cache: string | null;
}

/**
 * Decodes files to images of one size in `images`, which has room for all, but for those that a
 * cache holds; the cache then holds them all.
 */
export async function decodeFiles(
  paths: readonly string[],
  images: Uint8Array,
  { decode, cache, onProgress, onNote }: DecodeFilesOptions,
): Promise<DecodedImages> {
  const orientations = new Uint8Array(paths.length);
  const files: DecodedFiles | null = cache === null ? null : {
    key: JSON.stringify({ version: PIXELS_VERSION, decode }),
    stamps: paths.map(stampOf),
    images,
    orientations,
  };
  let done = files ? await takeCached(cache!, files) : 0;
  const numbers = paths.flatMap((_, i) => orientations[i] === 0 ? [i] : []);
  const problems: string[] = [];
  let at = 0;
  const size = images.length / paths.length;
  for await (const decoded of decodeImages(numbers.map((i) => paths[i]), decode)) {
    const i = numbers[at++];
    if ("problem" in decoded) problems.push(decoded.problem);
    else {
      images.set(decoded.image, i * size);
      orientations[i] = decoded.orientation;
    }
    done++;
    onProgress?.({ what: "decode", done, total: paths.length });
  }
  if (files && at > problems.length) await keep(cache!, files, onNote);
  return { images, orientations, problems };
}

/** Writes the cache; where it cannot be, says so, and the next start decodes again. */
async function keep(
  cache: string,
  files: DecodedFiles,
  onNote?: (message: string) => void,
): Promise<void> {
  const again = "the next start decodes the images again";
  const { length } = files.images;
  if (length > MAX_CACHE_BYTES) {
    const gib = (bytes: number) => `${(bytes / 2 ** 30).toFixed(1)} GiB`;
    onNote?.(
      `decoded images are not kept, as ${gib(length)} are more than ${
        gib(MAX_CACHE_BYTES)
      }; ${again}`,
    );
    return;
  }
  try {
    await Deno.mkdir(dirname(cache), { recursive: true });
    await writeCache(cache, files);
  } catch (error) {
    if (!(error instanceof Error && "code" in error)) throw error;
    onNote?.(`${cache}: cannot be written (${error.message}); ${again}`);
  }
}

function stampOf(path: string): FileStamp {
  try {
    // Thousands of promises would take six times as long.
    const { size, mtime, ino } = Deno.statSync(path);
    return { path, size, mtime: mtime?.getTime() ?? 0, ino: ino ?? 0 };
  } catch {
    // Decoding says why; no cached file has such a size.
    return { path, size: -1, mtime: 0, ino: 0 };
  }
}
