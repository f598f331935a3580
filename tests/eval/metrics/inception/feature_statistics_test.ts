import { deepStrictEqual as deepEqual, ok, strictEqual as equal, throws } from "node:assert/strict";
import { MetricError } from "../../../../eval/metrics/metric_error.ts";
import {
  FeatureMoments,
  type FeatureStatistics,
} from "../../../../eval/metrics/inception/feature_statistics.ts";
import { seeded } from "../../seeded.ts";

const D = 7;

function moments(...batches: Float64Array[]): FeatureMoments {
  const taken = new FeatureMoments(D);
  for (const batch of batches) taken.add(batch);
  return taken;
}

/** By the definition, in two passes. */
function plain(x: Float64Array): FeatureStatistics {
  const n = x.length / D;
  const mu = new Float64Array(D);
  for (let i = 0; i < x.length; i++) mu[i % D] += x[i] / n;
  const sigma = Float64Array.from({ length: D * D }, (_, at) => {
    const [i, j] = [at / D | 0, at % D];
    let sum = 0;
    for (let k = 0; k < n; k++) sum += (x[k * D + i] - mu[i]) * (x[k * D + j] - mu[j]);
    return sum / (n - 1);
  });
  return { mu, sigma, n };
}

function close(a: FeatureStatistics, b: FeatureStatistics, tolerance: number): void {
  equal(a.n, b.n);
  ok(a.mu.every((value, i) => Math.abs(value - b.mu[i]) <= tolerance));
  ok(a.sigma.every((value, i) => Math.abs(value - b.sigma[i]) <= tolerance));
}

Deno.test("FeatureMoments are the mean and the covariance with n - 1, over many blocks", () => {
  for (const n of [2, 3, 511, 512, 513, 1600]) {
    const x = seeded(n * D, n);
    close(moments(x).statistics(), plain(x), 1e-13);
  }
});

Deno.test("FeatureMoments keep their digits beside a mean of a million", () => {
  const x = seeded(1500 * D, 5);
  const { sigma } = moments(x.map((value) => Math.fround(value) + 1e6)).statistics();
  const expected = plain(x.map(Math.fround)).sigma;
  ok(sigma.every((value, i) => Math.abs(value - expected[i]) < 1e-9));
});

Deno.test("FeatureMoments are the same however features are cut into batches", () => {
  const x = seeded(1100 * D, 6);
  const whole = moments(x).statistics();
  for (const size of [1, 7, 64]) {
    const taken = moments();
    for (let at = 0; at < x.length; at += size * D) taken.add(x.subarray(at, at + size * D));
    deepEqual(taken.statistics(), whole);
  }
});

Deno.test("FeatureMoments do not depend on the order of features, but for rounding", () => {
  const x = seeded(1100 * D, 6);
  const rows = Array.from({ length: 1100 }, (_, i) => x.subarray(i * D, (i + 1) * D));
  close(moments(...rows.toReversed()).statistics(), moments(x).statistics(), 1e-14);
});

Deno.test("FeatureMoments of two parts merge to those of the whole", () => {
  const x = seeded(1300 * D, 7).map((value, i) => i < 700 * D ? value : 3 + 2 * value);
  const whole = plain(x);
  for (const cut of [0, 1, 700, 1299, 1300]) {
    const merged = moments(x.subarray(0, cut * D));
    merged.merge(moments(x.subarray(cut * D)));
    close(merged.statistics(), whole, 1e-12);
  }
});

Deno.test("FeatureMoments of a single image have no covariance", () => {
  throws(() => moments(seeded(D, 1)).statistics(), MetricError);
});
