/** NumPy's .npz files: zip archives with an .npy file for each array. */
import { UserError } from "../../engine/user_error.ts";
import { decodeNpy, encodeNpy, NpyError } from "./npy.ts";
import { foreignContent } from "./foreign_content.ts";
import { shown } from "./shown.ts";
import type { StoredTensor } from "./stored_tensor.ts";
import { readZip, writeZip, ZipError } from "./zip.ts";

/**
 * An .npz file cannot be read or written; the message names it and the problem.
 * @category Files
 */
export class NpzError extends UserError {
  /** The class's name. */
  override readonly name: string = "NpzError";
}

const SUFFIX = ".npy";

/**
 * Reads all arrays of an .npz file, stored or compressed, by name. They may be views of `bytes`.
 *
 * @param source what to call the file in an error, its path for instance.
 * @throws {NpzError} when the archive or an array in it is truncated, damaged or of another type.
 * @category Files
 */
export function decodeNpz(
  bytes: Uint8Array<ArrayBuffer>,
  source: string,
): Record<string, StoredTensor> {
  try {
    const foreign = foreignContent(bytes);
    if (foreign) throw new ZipError(`it is ${foreign}`);
    const arrays: [string, StoredTensor][] = [];
    for (const [name, read] of readZip(bytes)) {
      if (!name.endsWith(SUFFIX)) {
        throw new ZipError(`member ${shown(name)} is not an ${SUFFIX} file`);
      }
      arrays.push([name.slice(0, -SUFFIX.length), decodeNpy(read(), `member ${shown(name)}`)]);
    }
    return Object.fromEntries(arrays);
  } catch (error) {
    if (!(error instanceof ZipError || error instanceof NpyError)) throw error;
    throw new NpzError(`${source} is not a valid .npz file: ${error.message}`);
  }
}

/**
 * Writes an uncompressed .npz file, as `numpy.savez` does. Equal arrays give equal bytes.
 *
 * @throws {NpzError} when an array is inconsistent or BF16, or the file would exceed 4 GiB.
 * @category Files
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
