import { ok, strictEqual as equal, throws } from "node:assert/strict";
import { MetricError } from "../../../eval/metrics/metric_error.ts";
import { PixelProjections } from "../../../eval/metrics/sliced_wasserstein.ts";
import { plainProducts } from "./linalg/plain_products.ts";
import { seeded } from "../seeded.ts";

async function projected(size: number, images: Uint8Array, seed = 0): Promise<PixelProjections> {
  const set = new PixelProjections(size, seed);
  await set.add(plainProducts(size), images);
  return set;
}

function near(value: number, expected: number, tolerance: number): void {
  ok(Math.abs(value - expected) <= tolerance, `${value}, not ${expected}`);
}

Deno.test("PixelProjections of a single value are the distance on a line, also of unequal numbers", async () => {
  const a = await projected(1, Uint8Array.of(0, 51, 102));
  const b = await projected(1, Uint8Array.of(51, 153));
  // In fifths: 0, 1, 2 against 1, 3; of the mass, 2/6 move 1, 1/6 stays, 1/6 moves 2, 2/6 move 1.
  near(a.distance(b) * 5, Math.sqrt((2 * 1 + 1 * 0 + 1 * 4 + 2 * 1) / 6), 1e-5);
  near(b.distance(a), a.distance(b), 1e-12);
  equal(a.distance(a), 0);
});

Deno.test("PixelProjections see a shift by its length over the root of the images' size", async () => {
  const size = 48;
  const images = Uint8Array.from(seeded(50 * size, 1), (value) => 100 + 90 * value);
  const moved = images.map((value) => value + 51);
  const a = await projected(size, images);
  // Along a unit vector u the shift is 0.2 (1 . u), and the mean square of 1 . u is 1.
  near(a.distance(await projected(size, moved)), 0.2, 0.03);
});

Deno.test("PixelProjections do not depend on the order of images or on batches", async () => {
  const size = 12;
  const images = Uint8Array.from(seeded(30 * size, 2), (value) => 128 + 127 * value);
  const other = await projected(size, images.map((value) => value >> 1));
  const whole = await projected(size, images);
  const backwards = new PixelProjections(size);
  for (let i = 29; i >= 0; i--) {
    await backwards.add(plainProducts(size), images.subarray(i * size, (i + 1) * size));
  }
  equal(backwards.n, 30);
  equal(backwards.distance(other), whole.distance(other));
});

Deno.test("PixelProjections refuse images of other sizes, and none", async () => {
  const a = await projected(3, Uint8Array.of(1, 2, 3));
  throws(() => a.distance(new PixelProjections(4)), MetricError);
  throws(() => a.distance(new PixelProjections(3)), MetricError);
});
