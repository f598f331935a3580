import { deepStrictEqual as deepEqual } from "node:assert/strict";
import type { StoredTensor } from "../../../train/formats/stored_tensor.ts";
import { tensorStatistics } from "../../../train/checkpoints/tensor_statistics.ts";

const of = (...data: number[]): StoredTensor => ({
  dtype: "F64",
  shape: [data.length],
  data: Float64Array.from(data),
});

Deno.test("tensorStatistics() counts over pieces, and leaves out what is not finite", () => {
  const pieces = () => [of(1, NaN, 3), of(Infinity, 5, 7)];
  const std = Math.sqrt(5);
  deepEqual(tensorStatistics(pieces), { min: 1, max: 7, mean: 4, std, not_finite: 2 });
});

Deno.test("tensorStatistics() does not lose a small spread about a large mean", () => {
  const { std } = tensorStatistics(() => [of(1e9, 1e9 + 2)]);
  deepEqual(std, 1);
});

Deno.test("tensorStatistics() of no numbers is null", () => {
  const nothing = { min: null, max: null, mean: null, std: null };
  deepEqual(tensorStatistics(() => [of()]), { ...nothing, not_finite: 0 });
  deepEqual(tensorStatistics(() => [of(NaN)]), { ...nothing, not_finite: 1 });
});
