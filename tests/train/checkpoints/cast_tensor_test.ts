import { deepStrictEqual as deepEqual, strictEqual as equal, throws } from "node:assert/strict";
import { castTensor } from "../../../train/checkpoints/cast_tensor.ts";
import { type StoredTensor, toFloat32 } from "../../../train/formats/stored_tensor.ts";

const of = (...values: number[]): StoredTensor => ({
  dtype: "F32",
  shape: [values.length],
  data: Float32Array.from(values),
});

Deno.test("castTensor() rounds to the nearest bfloat16, ties to even", () => {
  const step = 2 ** -7;
  const cast = castTensor(
    of(1 + step / 2, 1 + 1.5 * step, 1 + 0.51 * step, -0, NaN, -Infinity),
    "BF16",
    "x",
  );
  equal(cast.dtype, "BF16");
  deepEqual([...toFloat32(cast)], [1, 1 + 2 * step, 1 + step, -0, NaN, -Infinity]);
});

Deno.test("castTensor() rounds to f16 once, also from float64", () => {
  const step = 2 ** -10;
  deepEqual([...castTensor(of(1 + step / 2, 65504, -0), "F16", "x").data], [1, 65504, -0]);
  const data = Float64Array.of(1 + step / 2 + 2 ** -40);
  deepEqual([...castTensor({ dtype: "F64", shape: [1], data }, "F16", "x").data], [1 + step]);
});

Deno.test("castTensor() refuses to overflow, and leaves integers alone", () => {
  const refusal = {
    name: "CastError",
    message: /^a\.weight has the number 65520, too large for F16$/,
  };
  throws(() => castTensor(of(1, 65520), "F16", "a.weight"), refusal);
  const huge: StoredTensor = { dtype: "F64", shape: [1], data: Float64Array.of(1e300) };
  throws(() => castTensor(huge, "F32", "x"), { name: "CastError" });
  const steps: StoredTensor = { dtype: "I64", shape: [], data: BigInt64Array.of(7n) };
  equal(castTensor(steps, "F16", "steps"), steps);
});
