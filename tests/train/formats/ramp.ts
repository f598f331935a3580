import type { StoredDtype, StoredTensor } from "../../../train/formats/stored_tensor.ts";

/** A tensor of `(7 i mod 23) - 5`, as tests/interop/make_files.py makes them; BOOL: is it even? */
export function ramp(dtype: StoredDtype, ...shape: number[]): StoredTensor {
  const length = shape.reduce((product, size) => product * size, 1);
  const values = Array.from({ length }, (_, i) => 7 * i % 23 - 5);
  const data = {
    F64: () => Float64Array.from(values),
    F32: () => Float32Array.from(values),
    F16: () => Float16Array.from(values),
    // These small numbers need fewer bits than bfloat16 has: the lower half is zero.
    BF16: () => Uint16Array.from(new Uint32Array(Float32Array.from(values).buffer), (u) => u >> 16),
    I64: () => BigInt64Array.from(values, BigInt),
    I32: () => Int32Array.from(values),
    I16: () => Int16Array.from(values),
    I8: () => Int8Array.from(values),
    U8: () => Uint8Array.from(values),
    BOOL: () => Uint8Array.from(values, (value) => Number(value % 2 === 0)),
  }[dtype]();
  return { dtype, shape, data } as StoredTensor;
}

/** Every stored type in several shapes, scalars and empty ones included, by telling names. */
export function everyRamp(dtypes: readonly StoredDtype[]): Record<string, StoredTensor> {
  const shapes = [[24], [2, 3, 4], [], [0], [3, 0, 2], [1]];
  return Object.fromEntries(
    dtypes.flatMap((dtype) =>
      shapes.map((shape) => [`${dtype}.${shape.join("x")}`, ramp(dtype, ...shape)])
    ),
  );
}

/** All stored types. */
export const DTYPES: readonly StoredDtype[] = [
  "F64",
  "F32",
  "F16",
  "BF16",
  "I64",
  "I32",
  "I16",
  "I8",
  "U8",
  "BOOL",
];
