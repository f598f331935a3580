import { ok, throws } from "node:assert/strict";
import { constant, evaluateReference, groupNorm, type Tensor } from "../../../engine/mod.ts";

const filled = (shape: readonly number[], value: (i: number) => number): Tensor =>
  constant(Array.from({ length: shape.reduce((n, d) => n * d, 1) }, (_, i) => value(i)), shape);
const plain = (channels: number) => ({
  weight: filled([channels], () => 1),
  bias: filled([channels], () => 0),
});

Deno.test("groupNorm() gives each group of each sample mean 0 and variance 1", () => {
  const x = filled([2, 6, 3, 5], (i) => 3 + Math.sin(i * i));
  const [y] = evaluateReference([groupNorm(x, { ...plain(6), groups: 2, eps: 0 })]);
  for (let start = 0; start < y.length; start += 45) {
    const group = y.subarray(start, start + 45);
    const mean = group.reduce((s, v) => s + v, 0) / 45;
    const variance = group.reduce((s, v) => s + (v - mean) ** 2, 0) / 45;
    ok(Math.abs(mean) < 1e-12 && Math.abs(variance - 1) < 1e-12);
  }
});

Deno.test("groupNorm() rejects channels that do not fit", () => {
  const x = filled([1, 6, 2], () => 0);
  throws(() => groupNorm(x, { ...plain(6), groups: 4 }), {
    name: "ShapeError",
    message: "group_norm: the 6 channels of [1, 6, 2] do not form 4 groups",
  });
  throws(() => groupNorm(x, { ...plain(3), groups: 3 }), {
    name: "ShapeError",
    message: "group_norm: weight [3] and bias [3] do not have the channels (dimension 1) of " +
      "[1, 6, 2]",
  });
});
