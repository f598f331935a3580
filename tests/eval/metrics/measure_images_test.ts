import {
  deepStrictEqual as deepEqual,
  ok,
  rejects,
  strictEqual as equal,
} from "node:assert/strict";
import { FEATURES, LOGITS } from "../../../eval/metrics/inception/inception_features.ts";
import { measureImages } from "../../../eval/metrics/measure_images.ts";
import type { ImageBatch, ImageSet } from "../../../eval/image_sets/image_set.ts";
import { openDevice } from "../../device.ts";

/** `n` images of one pixel, image i of value i, in batches of `size`. */
function numbered(n: number, size: number): ImageSet {
  async function* batches(): AsyncGenerator<ImageBatch> {
    for (let first = 0; first < n; first += size) {
      const now = Math.min(size, n - first);
      const images = Uint8Array.from({ length: now * 3 }, (_, k) => first + Math.floor(k / 3));
      yield await Promise.resolve({ images, n: now, height: 1, width: 1 });
    }
  }
  return { name: "numbers", n, batches };
}

/** Features and logits of which the first is the image's value. */
function extract({ images, n }: ImageBatch) {
  const pool = new Float32Array(n * FEATURES);
  const logits = new Float32Array(n * LOGITS);
  for (let i = 0; i < n; i++) pool[i * FEATURES] = logits[i * LOGITS] = images[i * 3];
  return Promise.resolve({ pool, logits });
}

Deno.test("measureImages() computes all requested metrics in one pass", async () => {
  using device = await openDevice();
  const requested = { statistics: true, features: true, score: true, projections: true };
  const seen: number[] = [];
  const measured = await measureImages(device, numbered(20, 3), requested, {
    extract,
    onProgress: (done) => seen.push(done),
  });
  equal(measured.n, 20);
  deepEqual(seen, [20]);
  ok(Math.abs(measured.statistics!.mu[0] - 9.5) < 1e-12);
  ok(Math.abs(measured.statistics!.sigma[0] - 35) < 1e-12);
  deepEqual(
    Array.from({ length: 20 }, (_, i) => measured.features![i * FEATURES]),
    Array.from({ length: 20 }, (_, i) => i),
  );
  ok(measured.score!.result().value >= 1);
  equal(measured.projections!.n, 20);
  const none = await measureImages(device, numbered(2, 1), { projections: true });
  deepEqual([none.statistics, none.features, none.score], [null, null, null]);
  equal(measured.projections!.distance(none.projections!) > 0, true);
});

Deno.test("measureImages() says where there are too few", async () => {
  using device = await openDevice();
  await rejects(measureImages(device, numbered(1, 1), { statistics: true }, { extract }), {
    name: "MetricError",
  });
});
