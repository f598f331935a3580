import { deepStrictEqual as deepEqual, ok, strictEqual as equal } from "node:assert/strict";
import { constant, evaluate, evaluateReference, type Shape } from "../../engine/mod.ts";
import { limitPicture, THRESHOLD_QUANTILE } from "../../eval/clipping.ts";
import { openDevice } from "../device.ts";
import { distance } from "../golden.ts";

/** Dynamic thresholding by sorting. */
function thresholded(x: Float32Array, pictures: number): number[] {
  const size = x.length / pictures;
  return Array.from({ length: pictures }, (_, i) => {
    const picture = x.subarray(i * size, (i + 1) * size);
    const sorted = picture.map(Math.abs).sort();
    const place = THRESHOLD_QUANTILE * (size - 1);
    const rank = Math.floor(place);
    const share = place - rank;
    const quantile = sorted[rank] * (1 - share) + (sorted[rank + 1] ?? 0) * share;
    const s = Math.max(1, quantile);
    return Array.from(picture, (v) => Math.min(Math.max(v, -s), s) / s);
  }).flat();
}

/** Pictures of different spread, the first within [-1, 1]. */
function pictures(shape: Shape): Float32Array {
  const size = shape.slice(1).reduce((n, d) => n * d, 1);
  return Float32Array.from({ length: shape[0] * size }, (_, i) => {
    const picture = Math.floor(i / size);
    return (0.9 + 2 * picture) * Math.sin(12.9898 * (i + 1)) ** (1 + 2 * picture);
  });
}

Deno.test("limitPicture() thresholds each picture by its own quantile, on the device too", async () => {
  using device = await openDevice();
  for (const shape of [[3, 3, 8, 8], [2, 1, 5, 7], [2, 1, 1, 1]]) {
    const x = pictures(shape);
    const graph = limitPicture(constant(x, shape), "threshold");
    const expected = thresholded(x, shape[0]);
    const [reference] = evaluateReference([graph]);
    ok(distance(reference, expected) < 1e-6, `${shape}`);
    ok(distance(await evaluate(graph, {}, device), expected) < 2e-6, `${shape} on the device`);
  }
});

Deno.test("limitPicture() clips to [-1, 1], or leaves pictures alone", () => {
  const x = constant([-3, -1, -0.25, 0, 0.5, 1, 7], [7, 1]);
  const [clipped] = evaluateReference([limitPicture(x, "clip")]);
  deepEqual(Array.from(clipped), [-1, -1, -0.25, 0, 0.5, 1, 1]);
  equal(limitPicture(x, "none"), x);
});
