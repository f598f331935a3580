import { deepStrictEqual as deepEqual, rejects } from "node:assert/strict";
import { MetricError } from "../../../eval/metrics/metric_error.ts";
import { precisionRecall } from "../../../eval/metrics/precision_recall.ts";
import { plainProducts } from "./linalg/plain_products.ts";
import { seeded } from "../seeded.ts";

Deno.test("precisionRecall() on a line, worked by hand", async () => {
  // With k = 1 the real balls are 0 +- 1, 1 +- 1, 10 +- 9; the generated 2 +- 3, 5 +- 3, 30 +- 25.
  const real = Float32Array.of(0, 1, 10);
  const generated = Float32Array.of(2, 5, 30);
  deepEqual(await precisionRecall(plainProducts(1), real, generated, { d: 1, k: 1 }), {
    precision: 2 / 3,
    recall: 3 / 3,
  });
  const far = Float32Array.of(100, 101, 102);
  deepEqual(await precisionRecall(plainProducts(1), real, far, { d: 1, k: 1 }), {
    precision: 0,
    recall: 0,
  });
});

Deno.test("precisionRecall() of a set and itself is 1, doubles and a large mean included", async () => {
  const x = Float32Array.from(seeded(40 * 8, 1), (value) => value + 1000);
  x.copyWithin(8 * 8, 0, 8 * 8);
  deepEqual(await precisionRecall(plainProducts(8), x, x, { d: 8 }), { precision: 1, recall: 1 });
});

Deno.test("precisionRecall() is that of plain distances, over more than a block", async () => {
  const [d, n, m, k] = [3, 700, 530, 3];
  const a = Float32Array.from(seeded(n * d, 2));
  const b = Float32Array.from(seeded(m * d, 3), (value) => 0.6 * value + 0.5);
  const apart = (x: Float32Array, i: number, y: Float32Array, j: number) =>
    Math.hypot(...Array.from({ length: d }, (_, c) => x[i * d + c] - y[j * d + c]));
  const rows = (x: Float32Array) => [...Array(x.length / d).keys()];
  const reach = (x: Float32Array) =>
    rows(x).map((i) => rows(x).map((j) => apart(x, i, x, j)).sort((p, q) => p - q)[k]);
  const covered = (x: Float32Array, by: Float32Array) => {
    const reaches = reach(by);
    const inside = rows(x).filter((i) => rows(by).some((j) => apart(x, i, by, j) <= reaches[j]));
    return inside.length / rows(x).length;
  };
  deepEqual(await precisionRecall(plainProducts(d), a, b, { d, k }), {
    precision: covered(b, a),
    recall: covered(a, b),
  });
});

Deno.test("precisionRecall() takes more images than neighbours", async () => {
  const three = Float32Array.of(1, 2, 3);
  await rejects(precisionRecall(plainProducts(1), three, three, { d: 1 }), MetricError);
});
