import { ok, rejects, strictEqual as equal } from "node:assert/strict";
import { MetricError } from "../../../eval/metrics/metric_error.ts";
import { kernelInceptionDistance } from "../../../eval/metrics/kernel_inception_distance.ts";
import { plainProducts } from "./linalg/plain_products.ts";
import { seeded } from "../seeded.ts";

function near(value: number, expected: number, tolerance: number): void {
  ok(Math.abs(value - expected) <= tolerance, `${value}, not ${expected}`);
}

Deno.test("kernelInceptionDistance() is the unbiased estimate, worked by hand", async () => {
  // k(x, y) = (x y + 1)^3: within a 1, within b 27; across 1, 1, 8, 64.
  const a = Float32Array.of(0, 1);
  const b = Float32Array.of(1, 3);
  const kid = await kernelInceptionDistance(plainProducts(1), a, b, { d: 1 });
  near(kid.value, 1 + 64 - 2 * (1 + 1 + 8 + 64) / 4, 1e-12);
  equal(kid.standard_error, null);
  equal(kid.subset_size, 2);
});

Deno.test("kernelInceptionDistance() averages over subsets, and says how far to trust it", async () => {
  const d = 4;
  const a = Float32Array.from(seeded(300 * d, 1));
  const b = Float32Array.from(seeded(200 * d, 2));
  const moved = b.map((value) => value + 1);
  const options = { d, subsets: 50, subset_size: 60, seed: 3 };
  const same = await kernelInceptionDistance(plainProducts(d), a, b, options);
  equal(same.subsets, 50);
  ok(Math.abs(same.value) < 5 * same.standard_error!, JSON.stringify(same));
  const all = await kernelInceptionDistance(plainProducts(d), a, moved, { d });
  const parts = await kernelInceptionDistance(plainProducts(d), a, moved, options);
  near(parts.value, all.value, 5 * parts.standard_error!);
  ok(parts.standard_error! > 0 && parts.standard_error! < 0.1 * parts.value);
  const again = await kernelInceptionDistance(plainProducts(d), a, moved, options);
  equal(again.value, parts.value);
});

Deno.test("kernelInceptionDistance() takes two images of each side", async () => {
  const one = Float32Array.of(1);
  await rejects(kernelInceptionDistance(plainProducts(1), one, one, { d: 1 }), MetricError);
});
