import { ok, throws } from "node:assert/strict";
import { MetricError } from "../../../eval/metrics/metric_error.ts";
import {
  FeatureMoments,
  type FeatureStatistics,
} from "../../../eval/metrics/inception/feature_statistics.ts";
import { frechetDistance } from "../../../eval/metrics/frechet_distance.ts";
import { NotFiniteError } from "../../../eval/not_finite_error.ts";
import { readGolden } from "../../golden.ts";
import { seeded } from "../seeded.ts";

function near(value: number, expected: number, tolerance: number): void {
  ok(Math.abs(value - expected) <= tolerance, `${value}, not ${expected}`);
}

/** A Gaussian with a diagonal covariance. */
function diagonal(mu: number[], variances: number[]): FeatureStatistics {
  const d = mu.length;
  const sigma = new Float64Array(d * d);
  variances.forEach((value, i) => sigma[i * (d + 1)] = value);
  return { mu: Float64Array.from(mu), sigma, n: null };
}

Deno.test("frechetDistance() is the reference's, of full rank and rank-deficient", async () => {
  const golden = await readGolden("frechet_distance");
  const expected: Record<string, number> = JSON.parse(golden.metadata.fid);
  for (const [name, value] of Object.entries(expected)) {
    const gaussian = (k: 1 | 2) => ({
      mu: Float64Array.from(golden.f64(`${name}.mu${k}`)),
      sigma: Float64Array.from(golden.f64(`${name}.sigma${k}`)),
      n: null,
    });
    near(frechetDistance(gaussian(1), gaussian(2)), value, 1e-6 * value);
    near(frechetDistance(gaussian(2), gaussian(1)), value, 1e-6 * value);
  }
});

Deno.test("frechetDistance() of diagonal Gaussians is a sum over dimensions", () => {
  const a = diagonal([0, 1, -2], [4, 1, 0]);
  const b = diagonal([3, 1, 0], [9, 0.25, 2]);
  near(frechetDistance(a, b), 9 + 4 + (1 + 0.25 + 2), 1e-12);
  near(frechetDistance(diagonal([1], [0]), diagonal([3], [0])), 4, 1e-12);
});

Deno.test("frechetDistance() of N(0, I) and N(1, I) at 2048 dimensions is 2048", () => {
  const ones = new Array(2048).fill(1);
  const value = frechetDistance(diagonal(ones.map(() => 0), ones), diagonal(ones, ones));
  near(value, 2048, 1e-6 * 2048);
});

Deno.test("frechetDistance() of fewer images than dimensions from themselves is next to nothing", () => {
  const moments = new FeatureMoments(96);
  moments.add(seeded(20 * 96, 3));
  const few = moments.statistics();
  near(frechetDistance(few, few), 0, 1e-9);
});

Deno.test("frechetDistance() refuses features of different widths", () => {
  throws(() => frechetDistance(diagonal([0], [1]), diagonal([0, 0], [1, 1])), MetricError);
});

Deno.test("frechetDistance() refuses values that are no numbers, wherever they are", () => {
  const good = diagonal([0, 1], [1, 1]);
  for (const bad of [diagonal([NaN, 1], [1, 1]), diagonal([0, 1], [1, Infinity])]) {
    throws(() => frechetDistance(good, bad), NotFiniteError);
    throws(() => frechetDistance(bad, good), NotFiniteError);
  }
});
