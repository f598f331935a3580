import { counted } from "../../engine/counted.ts";
/** Arrays as files store them: element types, shapes and values. */

/**
 * The typed array of each stored element type.
 * @category Files
 */
export interface StoredArrays {
  /** float64 */
  F64: Float64Array;
  /** float32 */
  F32: Float32Array;
  /** float16 */
  F16: Float16Array;
  /** bfloat16, as its raw bits */
  BF16: Uint16Array;
  /** int64 */
  I64: BigInt64Array;
  /** int32 */
  I32: Int32Array;
  /** int16 */
  I16: Int16Array;
  /** int8 */
  I8: Int8Array;
  /** uint8 */
  U8: Uint8Array;
  /** boolean, one byte per value */
  BOOL: Uint8Array;
}

/**
 * An element type, by its safetensors name.
 * @category Files
 */
export type StoredDtype = keyof StoredArrays;

/**
 * An array as stored: element type, shape (row-major; `[]` is a scalar) and values.
 * @category Files
 */
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

/** Whether a value of a decoded file is an array. */
export function isStoredTensor(value: unknown): value is StoredTensor {
  return typeof value === "object" && value !== null && "dtype" in value;
}

/** Whether a value names an element type. */
export function isStoredDtype(name: unknown): name is StoredDtype {
  return typeof name === "string" && Object.hasOwn(ARRAYS, name);
}

/** Bytes per value. */
export function dtypeBytes(dtype: StoredDtype): number {
  return ARRAYS[dtype].BYTES_PER_ELEMENT;
}

/** The limit of NumPy and PyTorch. */
const MAX_DIMENSIONS = 64;

/** Whether a value is a shape: an array of up to 64 non-negative integers. */
export function isShape(value: unknown): value is number[] {
  return Array.isArray(value) && value.length <= MAX_DIMENSIONS &&
    value.every((size) => Number.isSafeInteger(size) && size >= 0);
}

/** The number of values of a shape; beyond 2^53, or Infinity, where a damaged file says so. */
export function elements(shape: readonly number[]): number {
  return shape.includes(0) ? 0 : shape.reduce((product, size) => product * size, 1);
}

/**
 * The tensor in little-endian, row-major bytes: a view of their buffer where it is aligned for the
 * type, else a copy.
 *
 * @throws {RangeError} when the number of bytes is not that of the shape.
 */
export function tensorOf(
  dtype: StoredDtype,
  shape: number[],
  bytes: Uint8Array<ArrayBuffer>,
): StoredTensor {
  const length = elements(shape);
  const size = dtypeBytes(dtype);
  if (length * size !== bytes.length) {
    throw new RangeError(`${dtype} [${shape}] is not ${counted(bytes.length, "byte")}`);
  }
  const { buffer, byteOffset } = bytes.byteOffset % size === 0 ? bytes : bytes.slice();
  return { dtype, shape, data: new ARRAYS[dtype](buffer, byteOffset, length) } as StoredTensor;
}

/** The bytes of a tensor's values, as a view. */
export function tensorBytes({ data }: StoredTensor): Uint8Array<ArrayBuffer> {
  return new Uint8Array(data.buffer as ArrayBuffer, data.byteOffset, data.byteLength);
}

/** Why dtype, shape and data of a tensor do not agree; null where they do. */
export function tensorFault({ dtype, shape, data }: StoredTensor): string | null {
  if (!isStoredDtype(dtype)) return `the dtype ${dtype} is unknown`;
  if (!isShape(shape)) {
    return `its shape [${shape}] is not an array of up to ${MAX_DIMENSIONS} sizes`;
  }
  if (!(data instanceof ARRAYS[dtype])) return `${dtype} is stored from a ${ARRAYS[dtype].name}`;
  if (elements(shape) !== data.length) {
    return `shape [${shape}] does not hold ${counted(data.length, "value")}`;
  }
  return null;
}

/**
 * The values in float32, rounded to nearest; the tensor's own array, not a copy, if it is F32.
 * @category Files
 */
export function toFloat32(tensor: StoredTensor): Float32Array {
  if (tensor.dtype === "F32") return tensor.data;
  if (tensor.dtype === "BF16") return bfloat16ToFloat32(tensor.data);
  if (tensor.dtype === "I64") return numbersIn(new Float32Array(tensor.data.length), tensor.data);
  return new Float32Array(tensor.data);
}

/**
 * The values in float64; the tensor's own array, not a copy, if it is F64.
 * @category Files
 */
export function toFloat64(tensor: StoredTensor): Float64Array {
  if (tensor.dtype === "F64") return tensor.data;
  if (tensor.dtype === "I64") return numbersIn(new Float64Array(tensor.data.length), tensor.data);
  return new Float64Array(tensor.dtype === "BF16" ? bfloat16ToFloat32(tensor.data) : tensor.data);
}

/** Fills `into` with the nearest numbers; a loop, as `from` takes ten times as long. */
function numbersIn<T extends Float32Array | Float64Array>(into: T, integers: BigInt64Array): T {
  for (let i = 0; i < into.length; i++) into[i] = Number(integers[i]);
  return into;
}

/** bfloat16 is float32 without its lower 16 bits. */
function bfloat16ToFloat32(bits: Uint16Array): Float32Array {
  const wide = new Uint32Array(bits.length);
  for (let i = 0; i < bits.length; i++) wide[i] = bits[i] << 16;
  return new Float32Array(wide.buffer);
}
