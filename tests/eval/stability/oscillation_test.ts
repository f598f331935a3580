import { ok, strictEqual as equal } from "node:assert/strict";
import { meanAndDeviation } from "../../../eval/stability/mean_and_deviation.ts";
import { oscillation } from "../../../eval/stability/oscillation.ts";

Deno.test("oscillation() leaves the first fifth out", () => {
  const { lowest, highest, range, mean, relative } = oscillation([
    ...[1000, -1000],
    ...[2, 4, 2, 4, 2, 4, 2, 4],
  ]);
  equal(lowest, 2);
  equal(highest, 4);
  equal(range, 2);
  equal(mean, 3);
  equal(relative, 2 / 3);
});

Deno.test("oscillation().swing does not see slow growth, the range does", () => {
  const growing = Array.from({ length: 1000 }, (_, i) => 100 + i);
  const swinging = growing.map((v, i) => v + 50 * Math.sin(i / 3));
  ok(oscillation(growing).range > 700);
  ok(oscillation(growing).swing < 0.04);
  ok(oscillation(swinging).swing > 0.06);
});

Deno.test("meanAndDeviation() is the sample's", () => {
  const { mean, deviation } = meanAndDeviation([1, 2, 3, 4]);
  equal(mean, 2.5);
  ok(Math.abs(deviation - Math.sqrt(5 / 3)) < 1e-15);
  equal(meanAndDeviation([7]).deviation, 0);
});
