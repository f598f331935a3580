import { dirname } from "node:path";
import type { DatasetRequest } from "../dataset.ts";
import { decodeImages } from "../decode_images.ts";
import type { DecodeOptions } from "../decode_worker.ts";
import {
  appendPart,
  type DecodedFiles,
  type FileStamp,
  takeCached,
  type Taken,
  writeCache,
} from "./decode_cache.ts";

/** Raised when decoders or `centerCrop` give other pixels: what is cached is then decoded again. */
export const PIXELS_VERSION = 1;
/** Larger caches are not written. */
const MAX_CACHE_BYTES = 4 * 2 ** 30;
/** A part of the cache is written when it has so many bytes of images. */
const PART_BYTES = 1 << 26;
const DECODED_AGAIN = "the next start decodes the images again";

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
  /** Bytes of images that are written to it at once. */
  readonly part_bytes?: number;
}

/**
 * Decodes files to images of one size in `images`, which has room for all, but for those that a
 * cache holds; the cache then holds them all. It is written in parts on the way, so that a start that is
 * killed is gone on with.
 */
export async function decodeFiles(
  paths: readonly string[],
  images: Uint8Array,
  { decode, cache, part_bytes = PART_BYTES, onProgress, onNote }: DecodeFilesOptions,
): Promise<DecodedImages> {
  const orientations = new Uint8Array(paths.length);
  const keeper = cache === null ? null : await Keeper.open(cache, {
    key: JSON.stringify({ version: PIXELS_VERSION, decode }),
    stamps: paths.map(stampOf),
    images,
    orientations,
  }, onNote);
  let done = keeper?.taken.count ?? 0;
  const numbers = paths.flatMap((_, i) => orientations[i] === 0 ? [i] : []);
  const problems: string[] = [];
  let at = 0;
  const size = images.length / paths.length;
  const per_part = Math.max(1, Math.floor(part_bytes / size));
  for await (const decoded of decodeImages(numbers.map((i) => paths[i]), decode)) {
    const i = numbers[at++];
    if ("problem" in decoded) problems.push(decoded.problem);
    else {
      images.set(decoded.image, i * size);
      orientations[i] = decoded.orientation;
      await keeper?.add(i, per_part);
    }
    done++;
    onProgress?.({ what: "decode", done, total: paths.length });
  }
  await keeper?.finish();
  return { images, orientations, problems };
}

/** Writes what is decoded to a cache; where it cannot be, says so, and the next start decodes again. */
class Keeper {
  #part: number[] = [];
  #end: number;
  #hasAdded = false;
  #isOff: boolean;

  private constructor(
    private readonly cache: string,
    private readonly files: DecodedFiles,
    /** What the cache gave. */
    readonly taken: Taken,
    private readonly onNote?: (message: string) => void,
  ) {
    this.#end = taken.bytes;
    this.#isOff = files.images.length > MAX_CACHE_BYTES;
  }

  /** Fills in what the cache holds. */
  static async open(
    cache: string,
    files: DecodedFiles,
    onNote?: (message: string) => void,
  ): Promise<Keeper> {
    return new Keeper(cache, files, await takeCached(cache, files), onNote);
  }

  /** Takes an image that was decoded now; `per_part` of them are written together. */
  async add(i: number, per_part: number): Promise<void> {
    this.#hasAdded = true;
    this.#part.push(i);
    if (this.#part.length >= per_part) await this.#write(() => this.#append());
  }

  /** Writes what is left; where the cache holds images of no use, all that are of use anew. */
  async finish(): Promise<void> {
    if (!this.#hasAdded) return;
    const { length } = this.files.images;
    if (length > MAX_CACHE_BYTES) {
      const [all, most] = [length, MAX_CACHE_BYTES].map((b) => `${(b / 2 ** 30).toFixed(1)} GiB`);
      return this.onNote?.(
        `decoded images are not kept, as ${all} are more than ${most}; ${DECODED_AGAIN}`,
      );
    }
    if (this.taken.isStale) await this.#write(() => writeCache(this.cache, this.files));
    else if (this.#part.length > 0) await this.#write(() => this.#append());
  }

  async #append(): Promise<void> {
    this.#end = await appendPart(this.cache, this.files, this.#part, this.#end);
    this.#part = [];
  }

  async #write(write: () => Promise<void>): Promise<void> {
    if (this.#isOff) return;
    try {
      await Deno.mkdir(dirname(this.cache), { recursive: true });
      await write();
    } catch (error) {
      if (!(error instanceof Error && "code" in error)) throw error;
      this.#isOff = true;
      this.onNote?.(`${this.cache}: cannot be written (${error.message}); ${DECODED_AGAIN}`);
    }
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
