import { deepStrictEqual as deepEqual } from "node:assert/strict";
import { datasetImages } from "../../../eval/image_sets/dataset_images.ts";
import { type ImageBatch, regrouped } from "../../../eval/image_sets/image_set.ts";
import { rgb } from "../../../eval/image_sets/rgb.ts";
import { shapes } from "../../../train/data/shapes.ts";
import { apart, drain } from "./drain.ts";

/** Batches of these sizes; image i is 3 x 1 x 2 bytes of i. */
async function* batches(...sizes: number[]): AsyncGenerator<ImageBatch> {
  let i = 0;
  for (const n of sizes) {
    const images = new Uint8Array(n * 6);
    for (let k = 0; k < n; k++) images.fill(i++, k * 6, (k + 1) * 6);
    yield await Promise.resolve({ images, n, height: 1, width: 2 });
  }
}

Deno.test("regrouped() keeps every image, in order, in batches of one size", async () => {
  for (const sizes of [[10], [1, 1, 1, 1, 1, 1, 1, 1, 1, 1], [3, 4, 3], [4, 4, 2], [0, 10, 0]]) {
    for (const size of [1, 3, 4, 10, 64]) {
      const groups = await Array.fromAsync(regrouped(batches(...sizes), size));
      const expected = Array.from({ length: Math.ceil(10 / size) }, (_, k) => k);
      deepEqual(groups.map(({ n }) => n), expected.map((k) => Math.min(size, 10 - k * size)));
      deepEqual(
        groups.flatMap(apart).map((image) => image.join("")),
        [
          ..."0123456789",
        ].map((digit) => digit.repeat(6)),
      );
    }
  }
  deepEqual(await Array.fromAsync(regrouped(batches(), 4)), []);
});

Deno.test("datasetImages() are the data set's own, in its order", async () => {
  const dataset = shapes({ image_size: 8, n: 300, seed: 1 });
  const images = await drain(datasetImages(dataset));
  deepEqual(images.length, 300);
  deepEqual(images[299], dataset.images.slice(299 * 192, 300 * 192));
});

Deno.test("rgb() gives grey images three channels", () => {
  const grey = Uint8Array.of(1, 2, 3, 4);
  deepEqual([...rgb(grey, { channels: 1, pixels: 2 })], [1, 2, 1, 2, 1, 2, 3, 4, 3, 4, 3, 4]);
  deepEqual([...rgb(Uint8Array.of(1, 2, 3), { channels: 3, pixels: 1 })], [1, 2, 3]);
});
