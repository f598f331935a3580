import { deepStrictEqual as deepEqual, ok, strictEqual as equal, throws } from "node:assert/strict";
import {
  constant,
  dropout,
  evaluate,
  evaluateReference,
  type Tensor,
} from "../../../engine/mod.ts";
import { openDevice } from "../../device.ts";

const ones = (shape: readonly number[]): Tensor =>
  constant(new Float32Array(shape.reduce((n, d) => n * d, 1)).fill(1), shape);
const key = (seed: number, step: number, first: number): Tensor =>
  constant(Uint32Array.of(seed, 0, step, first));
const drop = (
  shape: readonly number[],
  { p = 0.3, seed = 1, step = 0, first = 0, stream = 0 } = {},
): number[] =>
  Array.from(evaluateReference([dropout(ones(shape), p, key(seed, step, first), stream)])[0]);

Deno.test("dropout() drops a fraction p and keeps the mean", () => {
  for (const p of [0.1, 0.5, 0.9]) {
    const values = drop([10, 4000], { p });
    const retained = values.filter((v) => v !== 0);
    ok(retained.every((v) => v === 1 / (1 - p)));
    ok(Math.abs(retained.length / values.length - (1 - p)) < 0.01, `${retained.length}`);
  }
});

Deno.test("dropout() with p 0 is its input itself", () => {
  const x = ones([2, 3]);
  equal(dropout(x, 0, key(0, 0, 0), 0), x);
});

Deno.test("dropout() draws the same mask for a sample however the batch is split", () => {
  const whole = drop([4, 3, 7], { first: 10 });
  deepEqual([...drop([2, 3, 7], { first: 10 }), ...drop([2, 3, 7], { first: 12 })], whole);
  for (const other of [{ seed: 2 }, { step: 1 }, { stream: 1 }, { first: 11 }]) {
    ok(String(drop([4, 3, 7], { first: 10, ...other })) !== String(whole), JSON.stringify(other));
  }
});

Deno.test("dropout() drops exactly the same elements on the device as in float64", async () => {
  using device = await openDevice();
  const x = dropout(ones([3, 1001]), 0.3, key(7, 8, 9), 10);
  const [values, expected] = [await evaluate(x, {}, device), evaluateReference([x])[0]];
  deepEqual(Array.from(values, (v) => v === 0), Array.from(expected, (v) => v === 0));
});

Deno.test("dropout() rejects a fraction of 1 and an invalid key", () => {
  throws(() => dropout(ones([2]), 1, key(0, 0, 0), 0), {
    message: "dropout: p is 1, not in [0, 1)",
  });
  throws(() => dropout(ones([2]), 0.5, ones([4]), 0), { name: "ShapeError" });
});
