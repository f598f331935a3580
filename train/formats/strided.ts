import {
  dtypeBytes,
  elements,
  type StoredDtype,
  type StoredTensor,
  tensorOf,
} from "./stored_tensor.ts";

/** Where the values of an array lie among stored ones; offset and strides count values. */
export interface Strides {
  offset: number;
  shape: number[];
  stride: number[];
}

/** The strides of an array without gaps, last dimension fastest. */
export function rowMajor(shape: readonly number[]): number[] {
  const stride = new Array<number>(shape.length);
  let step = 1;
  for (let i = shape.length - 1; i >= 0; i--) {
    stride[i] = step;
    step *= shape[i];
  }
  return stride;
}

/** The strides of an array without gaps, first dimension fastest, as Fortran and NumPy's "F" have. */
export function columnMajor(shape: readonly number[]): number[] {
  return rowMajor(shape.toReversed()).reverse();
}

/** The values an array reaches to: one more than its last index, 0 where it has none. */
export function reach({ offset, shape, stride }: Strides): number {
  if (shape.includes(0)) return 0;
  return shape.reduce((last, size, i) => last + (size - 1) * stride[i], offset) + 1;
}

/** Whether the values lie in order and without gaps, so that no copy is needed. */
export function isRowMajor({ shape, stride }: Strides): boolean {
  const ideal = rowMajor(shape);
  return shape.includes(0) || shape.every((size, i) => size === 1 || stride[i] === ideal[i]);
}

/**
 * The array that these strides pick out of little-endian `bytes` of its type: in their memory where
 * it lies there in order, else in a copy. `bytes` start aligned for the type and {@link reach} is
 * within them.
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
