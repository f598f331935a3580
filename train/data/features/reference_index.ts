/** What reading all files of U-ViT's features told, kept so that the next start need not. */

import { createHash } from "node:crypto";
import { dirname, join, resolve } from "node:path";
import { cacheFolder } from "../../files/cache_folder.ts";
import { replaceFile } from "../../files/durable.ts";
import { decodeSafetensors, encodeSafetensors } from "../../formats/safetensors.ts";
import { inParallel } from "./in_parallel.ts";

/** What is known of each image without reading it, in the order of the images. */
export interface ReferenceIndex {
  /** `[2 C, h, w]` of the moments. */
  readonly shape: readonly [channels: number, height: number, width: number];
  /** Labels `[n]`. */
  readonly labels: Int32Array<ArrayBuffer>;
  /** CRC-32 of the moments `[n]`, as i32. */
  readonly checksums: Int32Array<ArrayBuffer>;
}

/** The index's file in the folder of features; where that cannot be written, the cache has it. */
export const REFERENCE_INDEX_FILE = "scalelong_index.safetensors";

/** What the files begin with; another version is another text. */
const FORMAT = "scalelong index of NumPy features 1";

/** Files whose size and time say whether the folder is the same: all of a folder's take too long. */
const PROBES = 1024;

/**
 * The index of a folder; null where there is none, or the folder has other files than it was made of.
 *
 * @param images how many the folder has
 * @param pathOf the file of an image
 */
export async function readReferenceIndex(
  folder: string,
  images: number,
  pathOf: (i: number) => string,
): Promise<ReferenceIndex | null> {
  for (const file of await placesOf(folder)) {
    const held = await readIndex(file).catch(() => null);
    if (held?.index.labels.length !== images) continue;
    const now = await stampsOf(images, pathOf).catch(() => null);
    if (now?.every((value, at) => value === held.stamps[at])) return held.index;
  }
  return null;
}

/**
 * Keeps the index of a folder, in the folder or else in the user's cache; nowhere where neither may be
 * written. A program's permissions are not asked for.
 */
export async function keepReferenceIndex(
  folder: string,
  { shape, labels, checksums }: ReferenceIndex,
  pathOf: (i: number) => string,
): Promise<void> {
  const n = labels.length;
  const sha256 = digestOf({ shape, labels, checksums });
  const stamps = await stampsOf(n, pathOf).catch(() => null);
  if (!stamps) return;
  const bytes = encodeSafetensors({
    shape: { dtype: "I32", shape: [3], data: Int32Array.from(shape) },
    labels: { dtype: "I32", shape: [n], data: labels },
    checksums: { dtype: "I32", shape: [n], data: checksums },
    stamps: { dtype: "F64", shape: [stamps.length / 2, 2], data: stamps },
  }, { format: FORMAT, sha256 });
  for (const file of await placesOf(folder)) {
    if (await isWritten(file, bytes)) return;
  }
}

/** Removes the index of a folder, which has changed since. */
export async function dropReferenceIndex(folder: string): Promise<void> {
  for (const file of await placesOf(folder)) {
    if (await isGranted({ name: "write", path: file })) await Deno.remove(file).catch(() => {});
  }
}

/** Where the index may be: in the folder, or in the user's cache if the program may look there. */
async function placesOf(folder: string): Promise<string[]> {
  const inFolder = join(folder, REFERENCE_INDEX_FILE);
  const mayLook = await isGranted({ name: "env" }) &&
    await isGranted({ name: "sys", kind: "homedir" }) && await isGranted({ name: "read" });
  if (!mayLook) return [inFolder];
  const name = createHash("sha256").update(resolve(folder)).digest("hex");
  return [inFolder, join(cacheFolder(), "features", `${name}.safetensors`)];
}

async function isGranted(permission: Deno.PermissionDescriptor): Promise<boolean> {
  return (await Deno.permissions.query(permission)).state === "granted";
}

async function isWritten(file: string, bytes: Uint8Array): Promise<boolean> {
  if (!await isGranted({ name: "write", path: dirname(file) })) return false;
  try {
    await Deno.mkdir(dirname(file), { recursive: true });
    await replaceFile(file, bytes);
    return true;
  } catch {
    return false;
  }
}

async function readIndex(
  file: string,
): Promise<{ index: ReferenceIndex; stamps: Float64Array } | null> {
  const { tensors, metadata } = decodeSafetensors(await Deno.readFile(file), file);
  const { shape, labels, checksums, stamps } = tensors;
  if (metadata?.format !== FORMAT) return null;
  const [channels, height, width] = shape.data as Int32Array;
  const index: ReferenceIndex = {
    shape: [channels, height, width],
    labels: labels.data as Int32Array<ArrayBuffer>,
    checksums: checksums.data as Int32Array<ArrayBuffer>,
  };
  if (digestOf(index) !== metadata.sha256) return null;
  return { index, stamps: stamps.data as Float64Array };
}

function digestOf({ shape, labels, checksums }: ReferenceIndex): string {
  const hash = createHash("sha256").update(shape.join());
  return hash.update(labels).update(checksums).digest("hex");
}

/** Size and time of the last change, milliseconds, of files spread over all. */
async function stampsOf(
  images: number,
  pathOf: (i: number) => string,
): Promise<Float64Array<ArrayBuffer>> {
  const n = Math.min(images, PROBES);
  const stamps = new Float64Array(2 * n);
  await inParallel(n, async (at) => {
    const { size, mtime } = await Deno.stat(pathOf(Math.floor(at * images / n)));
    stamps.set([size, mtime?.getTime() ?? 0], 2 * at);
  });
  return stamps;
}
