import { deepStrictEqual as deepEqual, ok, throws } from "node:assert/strict";
import { MetricError } from "../../../eval/metrics/metric_error.ts";
import { InceptionScore } from "../../../eval/metrics/inception_score.ts";
import { seeded } from "../seeded.ts";

function scoreOf(logits: number[][], splits: number) {
  const score = new InceptionScore(logits[0].length, splits);
  for (const row of logits) score.add(Float32Array.from(row));
  return score.result();
}

Deno.test("InceptionScore is the number of classes where each is sure and all are met", () => {
  const sure = [0, 1, 2, 3].map((c) => [0, 1, 2, 3].map((i) => i === c ? 200 : 0));
  ok(Math.abs(scoreOf(sure, 1).value - 4) < 1e-12);
  // A split that meets two classes only.
  const { value, deviation } = scoreOf([sure[0], sure[1], sure[0], sure[1]], 2);
  ok(Math.abs(value - 2) < 1e-12 && deviation < 1e-12);
});

Deno.test("InceptionScore is 1 where every image has the same probabilities", () => {
  ok(Math.abs(scoreOf(Array(6).fill([1, -2, 5]), 3).value - 1) < 1e-12);
});

Deno.test("InceptionScore is exp of the mean divergence, over splits, in any batches", () => {
  const [n, classes, splits] = [23, 5, 4];
  const logits = Float32Array.from(seeded(n * classes, 4), (value) => 500 + 3 * value);
  const p = Array.from({ length: n }, (_, i) => {
    const e = Array.from({ length: classes }, (_, c) => Math.exp(logits[i * classes + c] - 500));
    const total = e.reduce((a, b) => a + b);
    return e.map((x) => x / total);
  });
  const scores = Array.from({ length: splits }, (_, split) => {
    const part = p.slice(Math.floor(split * n / splits), Math.floor((split + 1) * n / splits));
    const mean = part[0].map((_, c) => part.reduce((sum, row) => sum + row[c], 0) / part.length);
    const divergences = part.map((row) =>
      row.reduce((sum, x, c) => sum + x * Math.log(x / mean[c]), 0)
    );
    return Math.exp(divergences.reduce((a, b) => a + b) / part.length);
  });
  const mean = scores.reduce((a, b) => a + b) / splits;
  const deviation = Math.sqrt(scores.reduce((sum, s) => sum + (s - mean) ** 2, 0) / splits);

  const whole = new InceptionScore(classes, splits);
  whole.add(logits);
  ok(Math.abs(whole.result().value - mean) < 1e-10);
  ok(Math.abs(whole.result().deviation - deviation) < 1e-10);
  const parts = new InceptionScore(classes, splits);
  for (let at = 0; at < logits.length; at += 7 * classes) {
    parts.add(logits.subarray(at, at + 7 * classes));
  }
  deepEqual(parts.result(), whole.result());
});

Deno.test("InceptionScore takes an image for each split", () => {
  throws(() => scoreOf([[1, 2]], 10), MetricError);
});

Deno.test("InceptionScore splits images as the reference does, in their order, and says so", () => {
  const sure = (c: number) => [0, 1].map((i) => i === c ? 200 : 0);
  // A split with one class scores 1, one with both 2.
  const sorted = scoreOf([sure(0), sure(0), sure(1), sure(1)], 2);
  deepEqual({ ...sorted, deviation: 0 }, {
    value: 1,
    deviation: 0,
    splits: 2,
    splitting: "contiguous",
  });
  ok(Math.abs(scoreOf([sure(0), sure(1), sure(0), sure(1)], 2).value - 2) < 1e-12);
});
