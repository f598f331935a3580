/** Arrays as files store them: the element types, and the numbers behind them. */

/** The fitting typed array of every stored type; BF16 keeps its raw bits, BOOL one byte a value. */
export interface StoredArrays {
  F64: Float64Array;
  F32: Float32Array;
  F16: Float16Array;
  BF16: Uint16Array;
  I64: BigInt64Array;
  I32: Int32Array;
  I16: Int16Array;
  I8: Int8Array;
  U8: Uint8Array;
  BOOL: Uint8Array;
}

/** The element types this program stores, by their safetensors names. */
export type StoredDtype = keyof StoredArrays;

/** One array as stored: its type, its shape (row-major; `[]` is a scalar) and its values. */
export type StoredTensor = {
  [D in StoredDtype]: { dtype: D; shape: number[]; data: StoredArrays[D] };
}[StoredDtype];

const ARRAYS = {
  F64: Float64Array,
  F32: Float32Array,
  F16: Float16Array,
  BF16: Uint16Array,
  I64: BigInt64Array,
  I32: Int32Array,
  I16: Int16Array,
  I8: Int8Array,
  U8: Uint8Array,
  BOOL: Uint8Array,
};

/** Whether a stored type of this name is known. */
export function isStoredDtype(name: unknown): name is StoredDtype {
  return typeof name === "string" && Object.hasOwn(ARRAYS, name);
}

/** Bytes of one value. */
export function dtypeBytes(dtype: StoredDtype): number {
  return ARRAYS[dtype].BYTES_PER_ELEMENT;
}

/** As many as NumPy and PyTorch allow. */
const MAX_DIMENSIONS = 64;

/** Whether this is a list of sizes: up to 64 whole numbers from 0 on. */
export function isShape(value: unknown): value is number[] {
  return Array.isArray(value) && value.length <= MAX_DIMENSIONS &&
    value.every((size) => Number.isSafeInteger(size) && size >= 0);
}

/** How many values a shape holds; may be beyond the whole numbers when a file made it up. */
export function elements(shape: readonly number[]): number {
  return shape.includes(0) ? 0 : shape.reduce((product, size) => product * size, 1);
}

/**
 * The tensor in these little-endian bytes, in row-major order. It lives in their buffer where that
 * is aligned for the type, in a copy where it is not.
 *
 * @throws {RangeError} when the bytes are not exactly those of the shape.
 */
export function tensorOf(
  dtype: StoredDtype,
  shape: number[],
  bytes: Uint8Array<ArrayBuffer>,
): StoredTensor {
  const length = elements(shape);
  const size = dtypeBytes(dtype);
  if (length * size !== bytes.length) {
    throw new RangeError(`${dtype} [${shape}] is not ${bytes.length} bytes`);
  }
  const { buffer, byteOffset } = bytes.byteOffset % size === 0 ? bytes : bytes.slice();
  return { dtype, shape, data: new ARRAYS[dtype](buffer, byteOffset, length) } as StoredTensor;
}

/** The bytes of a tensor's values, in the memory they lie in. */
export function tensorBytes({ data }: StoredTensor): Uint8Array<ArrayBuffer> {
  return new Uint8Array(data.buffer as ArrayBuffer, data.byteOffset, data.byteLength);
}

/** Why this tensor contradicts itself (type, shape and data must fit), or null when it does not. */
export function tensorFault({ dtype, shape, data }: StoredTensor): string | null {
  if (!isStoredDtype(dtype)) return `the dtype ${dtype} is unknown`;
  if (!isShape(shape)) return `its shape [${shape}] is no list of up to ${MAX_DIMENSIONS} sizes`;
  if (!(data instanceof ARRAYS[dtype])) return `${dtype} is stored from a ${ARRAYS[dtype].name}`;
  if (elements(shape) !== data.length) {
    return `shape [${shape}] does not hold ${data.length} values`;
  }
  return null;
}

/**
 * The values in float32, rounded to nearest from wider types. A tensor that is F32 already gives
 * its own array, not a copy.
 */
export function toFloat32(tensor: StoredTensor): Float32Array {
  if (tensor.dtype === "F32") return tensor.data;
  if (tensor.dtype === "BF16") return bfloat16ToFloat32(tensor.data);
  if (tensor.dtype === "I64") return Float32Array.from(tensor.data, Number);
  return new Float32Array(tensor.data);
}

/** The values in float64; like {@link toFloat32} otherwise. */
export function toFloat64(tensor: StoredTensor): Float64Array {
  if (tensor.dtype === "F64") return tensor.data;
  if (tensor.dtype === "I64") return Float64Array.from(tensor.data, Number);
  return new Float64Array(tensor.dtype === "BF16" ? bfloat16ToFloat32(tensor.data) : tensor.data);
}

/** bfloat16 is float32 without its lower 16 bits. */
function bfloat16ToFloat32(bits: Uint16Array): Float32Array {
  const wide = new Uint32Array(bits.length);
  for (let i = 0; i < bits.length; i++) wide[i] = bits[i] << 16;
  return new Float32Array(wide.buffer);
}
