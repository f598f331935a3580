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

Deno.test("oscillation() takes a million steps, in time linear in them", () => {
  const curve = (length: number) => Array.from({ length }, (_, i) => 2 + Math.sin(i / 100));
  const time = (length: number) => {
    const series = curve(length);
    const start = performance.now();
    oscillation(series);
    return performance.now() - start;
  };
  const { mean, range, swing } = oscillation(curve(1_000_000));
  ok(Math.abs(mean - 2) < 1e-3 && Math.abs(range - 2) < 1e-6 && Math.abs(swing - 0.5) < 0.01);
  ok(time(1_000_000) < 5000);
});

Deno.test("oscillation().swing is the largest distance from the mean of a tenth of the values", () => {
  const series = Array.from({ length: 500 }, (_, i) => 3 + Math.sin(i * i));
  const window = series.slice(100);
  const distances = window.map((value, i) => {
    const around = window.slice(Math.max(0, i - 20), i + 21);
    return Math.abs(value - around.reduce((sum, v) => sum + v, 0) / around.length);
  });
  const { swing, mean } = oscillation(series);
  ok(Math.abs(swing - Math.max(...distances) / mean) < 1e-12);
});
