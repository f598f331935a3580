import {
  dtypeBytes,
  elements,
  type StoredDtype,
  type StoredTensor,
  tensorOf,
} from "./stored_tensor.ts";

/** An array as a strided view of a storage, counted in values. */
export interface Strides {
  /** Index of the first value. */
  offset: number;
  /** The array's shape. */
  shape: number[];
  /** Distance of neighbours along each dimension. */
  stride: number[];
}

/** The strides of a contiguous array, last dimension fastest. */
export function rowMajor(shape: readonly number[]): number[] {
  const stride = new Array<number>(shape.length);
  let step = 1;
  for (let i = shape.length - 1; i >= 0; i--) {
    stride[i] = step;
    step *= shape[i];
  }
  return stride;
}

/** The strides of a contiguous array, first dimension fastest: Fortran order, "F" in NumPy. */
export function columnMajor(shape: readonly number[]): number[] {
  return rowMajor(shape.toReversed()).reverse();
}

/** The smallest storage that an array fits in: one more than its last index, 0 if it is empty. */
export function reach({ offset, shape, stride }: Strides): number {
  if (shape.includes(0)) return 0;
  return shape.reduce((last, size, i) => last + (size - 1) * stride[i], offset) + 1;
}

/** Whether the view is contiguous and row-major, so that no copy is needed. */
export function isRowMajor({ shape, stride }: Strides): boolean {
  const ideal = rowMajor(shape);
  return shape.includes(0) || shape.every((size, i) => size === 1 || stride[i] === ideal[i]);
}

/**
 * The strided array in little-endian `bytes`: a view where it is contiguous and row-major, else a
 * copy. `bytes` must be aligned for the type and hold {@link reach} values.
 */
export function stridedTensor(
  dtype: StoredDtype,
  bytes: Uint8Array<ArrayBuffer>,
  strides: Strides,
): StoredTensor {
  const { offset, shape, stride } = strides;
  const size = dtypeBytes(dtype);
  const count = elements(shape);
  if (isRowMajor(strides)) {
    const begin = count === 0 ? 0 : offset * size;
    return tensorOf(dtype, shape, bytes.subarray(begin, begin + count * size));
  }
  const Words = { 1: Uint8Array, 2: Uint16Array, 4: Uint32Array, 8: BigUint64Array }[size]!;
  const words = new Words(bytes.buffer, bytes.byteOffset, Math.floor(bytes.length / size));
  const copy = new Words(count);
  const index = shape.map(() => 0);
  for (let i = 0, at = offset; i < count; i++) {
    copy[i] = words[at];
    for (let d = shape.length - 1; d >= 0; d--) {
      at += stride[d];
      if (++index[d] < shape[d]) break;
      at -= stride[d] * shape[d];
      index[d] = 0;
    }
  }
  return tensorOf(dtype, shape, new Uint8Array(copy.buffer));
}
