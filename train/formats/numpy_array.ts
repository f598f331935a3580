import { counted } from "../../engine/counted.ts";
import { shown } from "./shown.ts";
import {
  dtypeBytes,
  elements,
  isShape,
  type StoredDtype,
  type StoredTensor,
} from "./stored_tensor.ts";
import { columnMajor, rowMajor, stridedTensor } from "./strided.ts";

const DTYPES: Record<string, StoredDtype> = {
  f8: "F64",
  f4: "F32",
  f2: "F16",
  i8: "I64",
  i4: "I32",
  i2: "I16",
  i1: "I8",
  u1: "U8",
  b1: "BOOL",
};
const NAMES = Object.fromEntries(Object.entries(DTYPES).map(([name, dtype]) => [dtype, name]));

/** NumPy's name for an element type, such as `<f4`; null for BF16, which NumPy does not have. */
export function numpyDescr(dtype: StoredDtype): string | null {
  const name = NAMES[dtype];
  return name ? (dtypeBytes(dtype) > 1 ? "<" : "|") + name : null;
}

/** How NumPy describes an array. */
export interface NumpyLayout {
  /** Byte order and type, such as `<f4`. */
  descr: string;
  /** As read from a file, unchecked. */
  shape: unknown;
  /** Whether the first dimension varies fastest. */
  fortran_order: boolean;
}

/**
 * The array in `bytes`, row-major and little-endian; a view of them where they are that already.
 *
 * @param fail makes the error to throw
 * @throws {E} when type, shape and number of bytes do not agree.
 */
export function numpyArray<E extends Error>(
  { descr, shape, fortran_order }: NumpyLayout,
  bytes: Uint8Array<ArrayBuffer>,
  fail: (problem: string) => E,
): StoredTensor {
  const order = descr[0];
  const name = descr.slice(1);
  if (!"<>|=".includes(order) || !Object.hasOwn(DTYPES, name)) {
    throw fail(`its type ${shown(descr)} is not one that can be read`);
  }
  const dtype = DTYPES[name];
  if (!isShape(shape)) throw fail("it has no valid shape");
  const size = dtypeBytes(dtype);
  if (elements(shape) * size !== bytes.length) {
    throw fail(`${descr} [${shape}] does not fill ${counted(bytes.length, "byte")}`);
  }
  const swap = order === ">" && size > 1;
  const aligned = swap || bytes.byteOffset % size !== 0 ? bytes.slice() : bytes;
  if (swap) swapBytes(aligned, size);
  const stride = fortran_order ? columnMajor(shape) : rowMajor(shape);
  return stridedTensor(dtype, aligned, { offset: 0, shape: [...shape], stride });
}

function swapBytes(bytes: Uint8Array, size: number): void {
  for (let at = 0; at < bytes.length; at += size) bytes.subarray(at, at + size).reverse();
}
