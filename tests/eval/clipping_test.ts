import { deepStrictEqual as deepEqual, ok, strictEqual as equal } from "node:assert/strict";
import { constant, evaluate, evaluateReference, type Shape } from "../../engine/mod.ts";
import { applyClipping, THRESHOLD_QUANTILE } from "../../eval/clipping.ts";
import { openDevice } from "../device.ts";
import { distance } from "../golden.ts";

/** Dynamic thresholding by sorting. */
function thresholded(x: Float32Array, images: number): number[] {
  const size = x.length / images;
  return Array.from({ length: images }, (_, i) => {
    const image = x.subarray(i * size, (i + 1) * size);
    const sorted = image.map(Math.abs).sort();
    const place = THRESHOLD_QUANTILE * (size - 1);
    const rank = Math.floor(place);
    const fraction = place - rank;
    const quantile = sorted[rank] * (1 - fraction) + (sorted[rank + 1] ?? 0) * fraction;
    const s = Math.max(1, quantile);
    return Array.from(image, (v) => Math.min(Math.max(v, -s), s) / s);
  }).flat();
}

/** Images of different spread, the first within [-1, 1]. */
function images(shape: Shape): Float32Array {
  const size = shape.slice(1).reduce((n, d) => n * d, 1);
  return Float32Array.from({ length: shape[0] * size }, (_, i) => {
    const image = Math.floor(i / size);
    return (0.9 + 2 * image) * Math.sin(12.9898 * (i + 1)) ** (1 + 2 * image);
  });
}

Deno.test("applyClipping() thresholds each image by its own quantile, on the device too", async () => {
  using device = await openDevice();
  for (const shape of [[3, 3, 8, 8], [2, 1, 5, 7], [2, 1, 1, 1]]) {
    const x = images(shape);
    const graph = applyClipping(constant(x, shape), "threshold");
    const expected = thresholded(x, shape[0]);
    const [reference] = evaluateReference([graph]);
    ok(distance(reference, expected) < 1e-6, `${shape}`);
    ok(distance(await evaluate(graph, {}, device), expected) < 2e-6, `${shape} on the device`);
  }
});

Deno.test("applyClipping() clips to [-1, 1], or leaves images alone", () => {
  const x = constant([-3, -1, -0.25, 0, 0.5, 1, 7], [7, 1]);
  const [clipped] = evaluateReference([applyClipping(x, "clip")]);
  deepEqual(Array.from(clipped), [-1, -1, -0.25, 0, 0.5, 1, 1]);
  equal(applyClipping(x, "none"), x);
});
