import assert from "node:assert/strict";
import { shapes } from "../../../train/data/shapes.ts";

const PIXELS = 16 * 16;
const imageOf = (images: Uint8Array, i: number) =>
  images.subarray(i * 3 * PIXELS, (i + 1) * 3 * PIXELS);

Deno.test("shapes() depends on the seed and the image's number alone", () => {
  const few = shapes({ image_size: 16, n: 20, seed: 3 });
  const many = shapes({ image_size: 16, n: 50, seed: 3 });
  assert.deepEqual(few.images, many.images.subarray(0, few.images.length));
  const other = shapes({ image_size: 16, n: 20, seed: 4 });
  assert.notDeepEqual(few.images, other.images);
  assert.notDeepEqual(imageOf(many.images, 0), imageOf(many.images, 16));
});

Deno.test("shapes() has balanced classes, each of one shape and one colour", () => {
  const data = shapes({ image_size: 16, n: 160, seed: 1 });
  assert.equal(data.class_names.length, 16);
  assert.equal(new Set(data.class_names).size, 16);
  assert.ok(data.class_names.includes("red circle"));
  const counts = new Int32Array(16);
  for (const label of data.labels) counts[label]++;
  assert.deepEqual(counts, new Int32Array(16).fill(10));
  assert.equal(data.images.length, data.length * 3 * 16 * 16);
});

Deno.test("shapes() draws the colour that the class names, in the middle, on a dark ground", () => {
  const data = shapes({ image_size: 16, n: 64, seed: 2 });
  const bright: Record<string, boolean[]> = {
    red: [true, false, false],
    green: [false, true, false],
    blue: [false, false, true],
    yellow: [true, true, false],
  };
  for (let i = 0; i < data.length; i++) {
    const colour = data.class_names[data.labels[i]].split(" ")[0];
    const image = imageOf(data.images, i);
    const at = (x: number, y: number) => [0, 1, 2].map((c) => image[c * PIXELS + y * 16 + x]);
    assert.deepEqual(at(8, 8).map((value) => value > 190), bright[colour], `image ${i}`);
    for (const corner of [[0, 0], [15, 0], [0, 15], [15, 15]]) {
      assert.ok(Math.max(...at(corner[0], corner[1])) < 40, `image ${i} reaches ${corner}`);
    }
  }
});

Deno.test("shapes() keeps different shapes further apart than the same shape jittered", () => {
  const data = shapes({ image_size: 16, n: 16 * 12, seed: 5 });
  const means = Array.from({ length: 16 }, () => new Float64Array(3 * PIXELS));
  for (let i = 0; i < data.length; i++) {
    imageOf(data.images, i).forEach((value, p) => means[data.labels[i]][p] += value / 12);
  }
  const test = shapes({ image_size: 16, n: 160, seed: 6 });
  let right = 0;
  for (let i = 0; i < test.length; i++) {
    const distances = means.map((mean) =>
      imageOf(test.images, i).reduce((sum, value, p) => sum + (value - mean[p]) ** 2, 0)
    );
    if (distances.indexOf(Math.min(...distances)) === test.labels[i]) right++;
  }
  assert.ok(right >= 155, `the nearest class average names ${right} of 160`);
});

Deno.test("shapes() refuses images too small or too few", () => {
  const error = { name: "DatasetError" };
  assert.throws(() => shapes({ image_size: 4, n: 10, seed: 0 }), error);
  assert.throws(() => shapes({ image_size: 16, n: 0, seed: 0 }), error);
});
