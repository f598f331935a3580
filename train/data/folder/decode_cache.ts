/** Decoded images in a file between the starts of a run, so that only new ones are decoded. */

import { createHash } from "node:crypto";
import { z } from "zod";
import { replaceFile } from "../../files/durable.ts";

/** A file as it was when it was listed; where these are the same, so is its content. */
export interface FileStamp {
  /** Its path. */
  readonly path: string;
  /** Bytes. */
  readonly size: number;
  /** Time of the last change, milliseconds since 1970. */
  readonly mtime: number;
  /** The file system's number of it, which moves with the file; 0 where there is none. */
  readonly ino: number;
}

/** A cached image's place and file. */
const entry = z.tuple([z.string(), z.int(), z.number(), z.number(), z.int().min(1).max(8)]);

/** The line before the images. */
const header = z.strictObject({
  /** What the pixels depend on besides the files. */
  key: z.string(),
  /** Path, size, time, number and orientation of each image, in the order of the images. */
  files: z.array(entry),
  /** SHA-256 over the images. */
  sha256: z.string(),
});

/** Begins every cache; the length of the header follows, a u32. */
const MAGIC = new TextEncoder().encode("SLimages");
/** Images are read and written in blocks of about so many bytes. */
const BLOCK_BYTES = 1 << 22;

/** Images as the cache takes and gives them. */
export interface DecodedFiles {
  /** What the pixels depend on besides the files: options, version of the decoder. */
  readonly key: string;
  /** The files, one for each image. */
  readonly stamps: readonly FileStamp[];
  /** `[n, bytes of an image]`, for all stamps. */
  readonly images: Uint8Array;
  /** EXIF's orientation of each image, 1 to 8; 0: not decoded. */
  readonly orientations: Uint8Array;
}

/**
 * Fills in the images that a cache holds of the same files under the same key, with their
 * orientations. A cache that is missing, damaged or of another key holds none.
 *
 * @returns how many there were
 */
export async function takeCached(
  file: string,
  { key, stamps, images, orientations }: DecodedFiles,
): Promise<number> {
  using cache = await Deno.open(file).catch(() => null);
  if (!cache || stamps.length === 0) return 0;
  const size = images.length / stamps.length;
  const held = await headerOf(cache);
  if (held?.key !== key) return 0;
  const { size: all } = await cache.stat();
  if (all - held.bytes !== held.files.length * size) return 0;

  const numbers = new Map(stamps.map(({ path }, i) => [path, i]));
  const hash = createHash("sha256");
  const taken: [number, number][] = [];
  const per_block = Math.max(1, Math.floor(BLOCK_BYTES / size));
  const block = new Uint8Array(per_block * size);
  for (let first = 0; first < held.files.length; first += per_block) {
    const files = held.files.slice(first, first + per_block);
    const bytes = block.subarray(0, files.length * size);
    if (!await fill(cache, bytes)) return 0;
    hash.update(bytes);
    for (const [k, [path, length, mtime, ino, orientation]] of files.entries()) {
      const i = numbers.get(path);
      if (i === undefined) continue;
      const now = stamps[i];
      if (now.size !== length || now.mtime !== mtime || now.ino !== ino) continue;
      images.set(bytes.subarray(k * size, (k + 1) * size), i * size);
      taken.push([i, orientation]);
    }
  }
  // Only now: images of a damaged cache are not marked as decoded, and so are written over.
  if (hash.digest("hex") !== held.sha256) return 0;
  for (const [i, orientation] of taken) orientations[i] = orientation;
  return taken.length;
}

/** Writes the images that are decoded to a cache, atomically, in place of what it held. */
export async function writeCache(
  file: string,
  { key, stamps, images, orientations }: DecodedFiles,
): Promise<void> {
  const size = images.length / stamps.length;
  const decoded = stamps.flatMap((_, i) => orientations[i] > 0 ? [i] : []);
  const hash = createHash("sha256");
  for (const block of runs(decoded, images, size)) hash.update(block);
  const text = JSON.stringify(
    {
      key,
      files: decoded.map((i) => {
        const { path, size, mtime, ino } = stamps[i];
        return [path, size, mtime, ino, orientations[i]];
      }),
      sha256: hash.digest("hex"),
    } satisfies z.infer<typeof header>,
  );
  const head = new TextEncoder().encode(text);
  const start = new Uint8Array(MAGIC.length + 4);
  start.set(MAGIC);
  new DataView(start.buffer).setUint32(MAGIC.length, head.length, true);
  await replaceFile(file, blocks([start, head], runs(decoded, images, size)));
}

/** Images with these numbers, consecutive ones in one block. */
function* runs(numbers: readonly number[], images: Uint8Array, size: number) {
  const most = Math.max(1, Math.floor(BLOCK_BYTES / size));
  for (let at = 0; at < numbers.length;) {
    const first = numbers[at];
    let n = 1;
    while (n < most && numbers[at + n] === first + n) n++;
    yield images.subarray(first * size, (first + n) * size);
    at += n;
  }
}

async function* blocks(...parts: Iterable<Uint8Array>[]): AsyncGenerator<Uint8Array> {
  for (const part of parts) yield* part;
}

/** The header of a cache, and the bytes up to its images; null where it is damaged. */
async function headerOf(
  cache: Deno.FsFile,
): Promise<z.infer<typeof header> & { bytes: number } | null> {
  const start = new Uint8Array(MAGIC.length + 4);
  if (!await fill(cache, start) || MAGIC.some((byte, i) => start[i] !== byte)) return null;
  const length = new DataView(start.buffer).getUint32(MAGIC.length, true);
  if (length > (await cache.stat()).size) return null;
  const head = new Uint8Array(length);
  if (!await fill(cache, head)) return null;
  try {
    const parsed = header.parse(JSON.parse(new TextDecoder().decode(head)));
    return { ...parsed, bytes: start.length + length };
  } catch {
    return null;
  }
}

/** Fills `into` with the next bytes of a file. @returns false where it ends before */
async function fill(file: Deno.FsFile, into: Uint8Array): Promise<boolean> {
  for (let done = 0; done < into.length;) {
    const count = await file.read(into.subarray(done));
    if (count === null) return false;
    done += count;
  }
  return true;
}
