import assert from "node:assert/strict";
import {
  tensorFault,
  tensorOf,
  toFloat32,
  toFloat64,
} from "../../../train/formats/stored_tensor.ts";

Deno.test("toFloat32() and toFloat64() convert every stored type", () => {
  const numbers = [0, 1, 5];
  for (
    const tensor of [
      { dtype: "F64", shape: [3], data: Float64Array.from(numbers) },
      { dtype: "F32", shape: [3], data: Float32Array.from(numbers) },
      { dtype: "F16", shape: [3], data: Float16Array.from(numbers) },
      { dtype: "BF16", shape: [3], data: Uint16Array.of(0, 0x3f80, 0x40a0) },
      { dtype: "I64", shape: [3], data: BigInt64Array.of(0n, 1n, 5n) },
      { dtype: "I32", shape: [3], data: Int32Array.from(numbers) },
      { dtype: "I16", shape: [3], data: Int16Array.from(numbers) },
      { dtype: "I8", shape: [3], data: Int8Array.from(numbers) },
      { dtype: "U8", shape: [3], data: Uint8Array.from(numbers) },
    ] as const
  ) {
    const mutable = { ...tensor, shape: [3] };
    assert.deepEqual(toFloat32(mutable), Float32Array.from(numbers), tensor.dtype);
    assert.deepEqual(toFloat64(mutable), Float64Array.from(numbers), tensor.dtype);
  }
  const odd = {
    dtype: "BF16" as const,
    shape: [4],
    data: Uint16Array.of(0xff80, 1, 0x8000, 0x7fc0),
  };
  assert.deepEqual(toFloat32(odd), Float32Array.of(-Infinity, 2 ** -133, -0, NaN));
});

Deno.test("tensorOf() reads unaligned bytes and refuses a size that is not the shape's", () => {
  const bytes = Uint8Array.of(9, 0, 0, 128, 63, 0, 0, 0, 64);
  const tensor = tensorOf("F32", [2, 1], bytes.subarray(1));
  assert.deepEqual(tensor, { dtype: "F32", shape: [2, 1], data: Float32Array.of(1, 2) });
  assert.throws(() => tensorOf("F32", [3], bytes.subarray(1)), RangeError);
  assert.equal(tensorFault(tensor), null);
  assert.match(String(tensorFault({ ...tensor, shape: [3] })), /does not hold 2/);
});
