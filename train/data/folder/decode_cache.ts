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

/** The line before the images of a part. */
const header = z.strictObject({
  /** What the pixels depend on besides the files. */
  key: z.string(),
  /** Path, size, time, number and orientation of each image, in the order of the images. */
  files: z.array(entry),
  /** SHA-256 over the images. */
  sha256: z.string(),
});

/** Begins every part of a cache; the length of the header follows, a u32. */
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

/** What a cache gave. */
export interface Taken {
  /** How many images. */
  readonly count: number;
  /** Bytes of its parts that are whole and of the key; what follows is to be written over. */
  readonly bytes: number;
  /** Whether it has images of files that are there no longer, or have changed. */
  readonly isStale: boolean;
}

/**
 * Fills in the images that a cache holds of the same files under the same key, with their
 * orientations. A cache is parts one after another; from the first that is cut short, damaged or of
 * another key, it holds none.
 */
export async function takeCached(file: string, files: DecodedFiles): Promise<Taken> {
  using cache = await Deno.open(file).catch(() => null);
  let taken: Taken = { count: 0, bytes: 0, isStale: false };
  if (!cache || files.stamps.length === 0) return taken;
  const numbers = new Map(files.stamps.map(({ path }, i) => [path, i]));
  const { size } = await cache.stat();
  for (let at = 0; at < size; at = taken.bytes) {
    const part = await takePart(cache, files, { numbers, left: size - at });
    if (part === null) break;
    taken = {
      count: taken.count + part.count,
      bytes: at + part.bytes,
      isStale: taken.isStale || part.isStale,
    };
  }
  return taken;
}

/** The same of the part that is next in the file, of which `left` bytes are left; null: it holds none. */
async function takePart(
  cache: Deno.FsFile,
  { key, stamps, images, orientations }: DecodedFiles,
  { numbers, left }: { numbers: ReadonlyMap<string, number>; left: number },
): Promise<Taken | null> {
  const size = images.length / stamps.length;
  const held = await headerOf(cache, left);
  if (held?.key !== key) return null;
  const bytes = held.bytes + held.files.length * size;
  if (bytes > left) return null;

  const hash = createHash("sha256");
  const taken: [number, number][] = [];
  const per_block = Math.max(1, Math.floor(BLOCK_BYTES / size));
  const block = new Uint8Array(per_block * size);
  for (let first = 0; first < held.files.length; first += per_block) {
    const files = held.files.slice(first, first + per_block);
    const read = block.subarray(0, files.length * size);
    if (!await fill(cache, read)) return null;
    hash.update(read);
    for (const [k, [path, length, mtime, ino, orientation]] of files.entries()) {
      const i = numbers.get(path);
      if (i === undefined) continue;
      const now = stamps[i];
      if (now.size !== length || now.mtime !== mtime || now.ino !== ino) continue;
      images.set(read.subarray(k * size, (k + 1) * size), i * size);
      taken.push([i, orientation]);
    }
  }
  // Only now: images of a damaged part are not marked as decoded, and so are written over.
  if (hash.digest("hex") !== held.sha256) return null;
  for (const [i, orientation] of taken) orientations[i] = orientation;
  return { count: taken.length, bytes, isStale: taken.length < held.files.length };
}

/** Writes all images that are decoded to a cache, atomically, in place of what it held. */
export async function writeCache(file: string, files: DecodedFiles): Promise<void> {
  const decoded = files.stamps.flatMap((_, i) => files.orientations[i] > 0 ? [i] : []);
  await replaceFile(file, partOf(files, decoded));
}

/**
 * Writes images as one more part of a cache, on the disk when it returns.
 *
 * @param numbers of the images, ascending
 * @param at where the part begins; what is there and after it is written over
 * @returns where it ends
 */
export async function appendPart(
  file: string,
  files: DecodedFiles,
  numbers: readonly number[],
  at: number,
): Promise<number> {
  using cache = await Deno.open(file, { write: true, create: true });
  await cache.truncate(at);
  await cache.seek(at, Deno.SeekMode.Start);
  let end = at;
  for (const bytes of partOf(files, numbers)) {
    for (let done = 0; done < bytes.length;) done += await cache.write(bytes.subarray(done));
    end += bytes.length;
  }
  await cache.sync();
  return end;
}

/** The bytes of a part with these images. */
function* partOf(
  { key, stamps, images, orientations }: DecodedFiles,
  numbers: readonly number[],
): Generator<Uint8Array> {
  const size = images.length / stamps.length;
  const hash = createHash("sha256");
  for (const block of runs(numbers, images, size)) hash.update(block);
  const text = JSON.stringify(
    {
      key,
      files: numbers.map((i) => {
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
  yield start;
  yield head;
  yield* runs(numbers, images, size);
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

/** The header of a part, and the bytes up to its images; null where it is damaged. */
async function headerOf(
  cache: Deno.FsFile,
  left: number,
): Promise<z.infer<typeof header> & { bytes: number } | null> {
  const start = new Uint8Array(MAGIC.length + 4);
  if (!await fill(cache, start) || MAGIC.some((byte, i) => start[i] !== byte)) return null;
  const length = new DataView(start.buffer).getUint32(MAGIC.length, true);
  if (length > left) return null;
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
