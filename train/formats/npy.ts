/** NumPy's .npy files: a text header with type, order and shape, then the values. */
import { counted } from "../../engine/counted.ts";
import { UserError } from "../../engine/user_error.ts";
import { foreignContent } from "./foreign_content.ts";
import { numpyArray, numpyDescr } from "./numpy_array.ts";
import { NUMPY_GLOBALS, pickleObjects } from "./numpy_pickle.ts";
import { unpickle } from "./pickle.ts";
import { type PickledValue, PickleError, plainValue } from "./pickled_value.ts";
import { shown } from "./shown.ts";
import { type StoredTensor, tensorBytes, tensorFault } from "./stored_tensor.ts";

/**
 * An .npy file cannot be read or written; the message names it and the problem.
 * @category Files
 */
export class NpyError extends UserError {
  /** The class's name. */
  override readonly name: string = "NpyError";
}

const MAGIC = "\x93NUMPY";
const ALIGNMENT = 64;
const MAX_HEADER_BYTES = 0xffff;
const OBJECTS = "|O";
const ENTRY = /\s*'(\w+)'\s*:\s*(?:'([^']*)'|(True|False)|\(([\d,\sL]*)\))\s*(?:,|(?=\}))/y;
const KEYS = "descr,fortran_order,shape";

/**
 * Reads an .npy file of format 1 to 3: floats, integers and booleans, either byte order, C and
 * Fortran order. The result may be a view of `bytes`.
 *
 * @param source what to call the file in an error, its path for instance.
 * @throws {NpyError} when it is truncated, inconsistent, or of another type; for Python objects use
 * {@link decodeNpyObjects}.
 * @category Files
 */
export function decodeNpy(bytes: Uint8Array<ArrayBuffer>, source: string): StoredTensor {
  const { header, data } = readHeader(bytes, source);
  if (header.descr === OBJECTS) {
    throw failure(source)("it holds Python objects, not numbers");
  }
  return numpyArray(header, data, failure(source));
}

/** Whether an .npy file holds Python objects; throws like {@link decodeNpy}. */
export function holdsObjects(bytes: Uint8Array<ArrayBuffer>, source: string): boolean {
  return readHeader(bytes, source).header.descr === OBJECTS;
}

/**
 * Reads an .npy file of Python objects (`allow_pickle` in NumPy) as a list, such as U-ViT's feature
 * files with their moments and label. No code is executed.
 *
 * @throws {NpyError} as {@link decodeNpy}, and where an object is neither a plain value nor an
 * array.
 * @category Files
 */
export function decodeNpyObjects(bytes: Uint8Array<ArrayBuffer>, source: string): PickledValue[] {
  const { header, data } = readHeader(bytes, source);
  if (header.descr !== OBJECTS) throw failure(source)("it holds numbers, not Python objects");
  try {
    const { made, length } = unpickle(data, { globals: NUMPY_GLOBALS });
    const value = plainValue(made, { opaque: false });
    const fits = Array.isArray(value) && value.length === (header.shape[0] ?? 1);
    if (!fits || header.shape.length > 1 || length !== data.length) {
      throw new PickleError("its objects are not the list that its header declares");
    }
    return value;
  } catch (error) {
    if (error instanceof PickleError) throw failure(source)(error.message);
    throw error;
  }
}

/**
 * Writes an .npy file of format 1.0.
 *
 * @throws {NpyError} when the tensor is inconsistent, or BF16, which NumPy does not have.
 * @category Files
 */
export function encodeNpy(tensor: StoredTensor): Uint8Array<ArrayBuffer> {
  const { dtype, shape } = tensor;
  const descr = numpyDescr(dtype);
  const fault = tensorFault(tensor) ?? (descr ? null : `NumPy has no ${dtype}`);
  if (fault) throw new NpyError(`an array cannot be stored: ${fault}`);
  return npyFile(descr!, shape, tensorBytes(tensor));
}

/**
 * Writes values as an .npy file of Python objects, such as U-ViT's feature files.
 *
 * @throws {NpyError} as {@link encodeNpy}.
 * @category Files
 */
export function encodeNpyObjects(values: readonly PickledValue[]): Uint8Array<ArrayBuffer> {
  try {
    return npyFile(OBJECTS, [values.length], pickleObjects(values));
  } catch (error) {
    if (!(error instanceof PickleError)) throw error;
    throw new NpyError(`an array cannot be stored: ${error.message}`);
  }
}

function npyFile(
  descr: string,
  shape: readonly number[],
  data: Uint8Array,
): Uint8Array<ArrayBuffer> {
  const sizes = shape.length === 1 ? `${shape[0]},` : shape.join(", ");
  const text = `{'descr': '${descr}', 'fortran_order': False, 'shape': (${sizes}), }`;
  const before = MAGIC.length + 4;
  const start = Math.ceil((before + text.length + 1) / ALIGNMENT) * ALIGNMENT;
  const bytes = new Uint8Array(start + data.length);
  const view = new DataView(bytes.buffer);
  for (let i = 0; i < MAGIC.length; i++) bytes[i] = MAGIC.charCodeAt(i);
  bytes[MAGIC.length] = 1;
  view.setUint16(MAGIC.length + 2, start - before, true);
  bytes.set(new TextEncoder().encode(text.padEnd(start - before - 1) + "\n"), before);
  bytes.set(data, start);
  return bytes;
}

interface Header {
  descr: string;
  fortran_order: boolean;
  shape: number[];
}

function readHeader(
  bytes: Uint8Array<ArrayBuffer>,
  source: string,
): { header: Header; data: Uint8Array<ArrayBuffer> } {
  const fail = failure(source);
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const version = bytes[MAGIC.length];
  const before = MAGIC.length + 2 + (version === 1 ? 2 : 4);
  const foreign = foreignContent(bytes);
  if (foreign) throw fail(`it is ${foreign}`);
  if (bytes.length < before) throw fail(`it has only ${counted(bytes.length, "byte")}`);
  if ([...MAGIC].some((character, i) => bytes[i] !== character.charCodeAt(0))) {
    throw fail("it does not start like one");
  }
  if (version < 1 || version > 3 || bytes[MAGIC.length + 1] !== 0) {
    throw fail(`its format version ${version}.${bytes[MAGIC.length + 1]} is unknown`);
  }
  const length = version === 1
    ? view.getUint16(before - 2, true)
    : view.getUint32(before - 4, true);
  if (length > MAX_HEADER_BYTES) throw fail(`it declares a header of ${length} bytes`);
  if (before + length > bytes.length) throw fail("its header is cut off");
  const text = new TextDecoder().decode(bytes.subarray(before, before + length));
  const header = parseHeader(text);
  if (!header) throw fail(`its header ${shown(text.trim())} cannot be parsed`);
  return { header, data: bytes.subarray(before + length) };
}

/** Parses the header, a literal of a Python dictionary with three keys; null where it is none. */
function parseHeader(text: string): Header | null {
  const found: Record<string, unknown> = {};
  const end = text.indexOf("}");
  if (text[0] !== "{" || text.slice(end + 1).trim() !== "") return null;
  ENTRY.lastIndex = 1;
  for (let at = 1; text.slice(at, end).trim() !== ""; at = ENTRY.lastIndex) {
    const entry = ENTRY.exec(text);
    if (!entry || Object.hasOwn(found, entry[1])) return null;
    const [, key, word, truth, sizes] = entry;
    found[key] = word ?? (truth ? truth === "True" : parseSizes(sizes));
  }
  const { descr, fortran_order, shape } = found;
  if (
    Object.keys(found).sort().join() !== KEYS || typeof descr !== "string" ||
    typeof fortran_order !== "boolean" || !Array.isArray(shape)
  ) return null;
  return { descr, fortran_order, shape };
}

/** Parses a tuple of sizes: `2, 3`, or `2,` for a single one; null where it is none. */
function parseSizes(text: string): number[] | null {
  const sizes = text.split(",").map((size) => size.trim());
  if (sizes.length > 1 && sizes.at(-1) === "") sizes.pop();
  else if (sizes.length === 1 && sizes[0] !== "") return null;
  if (sizes.length === 1 && sizes[0] === "") return [];
  if (!sizes.every((size) => /^\d{1,16}L?$/.test(size))) return null;
  return sizes.map((size) => parseInt(size));
}

function failure(source: string): (problem: string) => NpyError {
  return (problem) => new NpyError(`${source} is not a valid .npy file: ${problem}`);
}
