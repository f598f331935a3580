/** NumPy's .npz files: zip archives of .npy files, one an array. */
import { decodeNpy, encodeNpy, NpyError } from "./npy.ts";
import { shown } from "./shown.ts";
import type { StoredTensor } from "./stored_tensor.ts";
import { readZip, writeZip, ZipError } from "./zip.ts";

/** Says what is wrong with an .npz file, and in which one. */
export class NpzError extends Error {
  override name = "NpzError";
}

const SUFFIX = ".npy";

/**
 * Reads all arrays of an .npz file, stored or compressed, by their names. Their values may lie in
 * `bytes`' own memory.
 *
 * @param source what to call the file in an error, its path for instance.
 * @throws {NpzError} when the archive or one of its arrays is cut off, damaged or of another type.
 */
export function decodeNpz(
  bytes: Uint8Array<ArrayBuffer>,
  source: string,
): Record<string, StoredTensor> {
  try {
    const arrays: [string, StoredTensor][] = [];
    for (const [name, read] of readZip(bytes)) {
      if (!name.endsWith(SUFFIX)) throw new ZipError(`member ${shown(name)} is no ${SUFFIX} file`);
      arrays.push([name.slice(0, -SUFFIX.length), decodeNpy(read(), `member ${shown(name)}`)]);
    }
    return Object.fromEntries(arrays);
  } catch (error) {
    if (!(error instanceof ZipError || error instanceof NpyError)) throw error;
    throw new NpzError(`${source} is not a whole .npz file: ${error.message}`);
  }
}

/**
 * Writes an .npz file, uncompressed, as `numpy.savez` does. The same arrays give the same bytes.
 *
 * @throws {NpzError} when an array contradicts itself, is BF16, or the file would pass 4 GiB.
 */
export function encodeNpz(arrays: Record<string, StoredTensor>): Uint8Array<ArrayBuffer> {
  try {
    const members = Object.entries(arrays).map(([name, array]) => ({
      name: name + SUFFIX,
      bytes: encodeNpy(array),
    }));
    return writeZip(members);
  } catch (error) {
    if (!(error instanceof ZipError || error instanceof NpyError)) throw error;
    throw new NpzError(error.message);
  }
}
