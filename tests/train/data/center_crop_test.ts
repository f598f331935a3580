import assert from "node:assert/strict";
import { centerCrop } from "../../../train/data/center_crop.ts";
import { grey } from "../../../train/data/grey.ts";
import { decodeImage, type RgbImage } from "../../../train/formats/image.ts";

const CROPS = new URL("../../data/images/crop/", import.meta.url);
const read = (name: string) => decodeImage(Deno.readFileSync(new URL(name, CROPS)), name);

/** `[3, H, W]` of an image. */
const planes = ({ rgb }: RgbImage) =>
  Uint8Array.from(rgb, (_, i) => rgb[i % (rgb.length / 3) * 3 + Math.floor(i / (rgb.length / 3))]);

for (const size of [10, 16, 32, 64]) {
  Deno.test(`centerCrop() to ${size} agrees with the reference's box halving and bicubic`, async () => {
    const expected = planes(await read(`expected_${size}.png`));
    assert.deepEqual(centerCrop(await read("source_77x53.png"), size), expected);
  });
}

Deno.test("centerCrop() halves even and odd sides alike, as Pillow's box filter does", async () => {
  const image = await read("source_72x52.png");
  const levels = grey(image.rgb);
  const rgb = Uint8Array.from(image.rgb, (_, i) => levels[Math.floor(i / 3)]);
  for (const size of [6, 11, 13]) {
    const expected = planes(await read(`expected_72x52_${size}.png`));
    assert.deepEqual(centerCrop(image, size), expected);
    const square = centerCrop({ ...image, rgb }, size).subarray(0, size * size);
    assert.deepEqual(centerCrop(image, size, 1), square);
  }
});

Deno.test("centerCrop() leaves a square of the right size as it is", async () => {
  const image = await read("expected_32.png");
  assert.deepEqual(centerCrop(image, 32), planes(image));
});

Deno.test("centerCrop() to one channel makes the image grey first", async () => {
  const image = await read("source_77x53.png");
  const levels = grey(image.rgb);
  const rgb = Uint8Array.from(image.rgb, (_, i) => levels[Math.floor(i / 3)]);
  for (const size of [10, 53, 64]) {
    const square = centerCrop(image, size, 1);
    assert.deepEqual(square, centerCrop({ ...image, rgb }, size).subarray(0, size * size));
  }
});

Deno.test("centerCrop() takes the middle of a long image, either way", () => {
  const colour = (x: number) => x < 20 ? [255, 0, 0] : x < 40 ? [0, 255, 0] : [0, 0, 255];
  const wide = Uint8Array.from(Array.from({ length: 20 * 60 }, (_, p) => colour(p % 60)).flat());
  const tall = Uint8Array.from(
    Array.from({ length: 60 * 20 }, (_, p) => colour(Math.floor(p / 20))).flat(),
  );
  const green = [0, 255, 0].flatMap((value) => Array<number>(400).fill(value));
  assert.deepEqual([...centerCrop({ width: 60, height: 20, rgb: wide }, 20)], green);
  assert.deepEqual([...centerCrop({ width: 20, height: 60, rgb: tall }, 20)], green);
});

Deno.test("centerCrop() keeps one colour one colour at any size", () => {
  const rgb = Uint8Array.from({ length: 37 * 11 * 3 }, (_, i) => [200, 3, 77][i % 3]);
  for (const size of [1, 5, 11, 40]) {
    const square = centerCrop({ width: 37, height: 11, rgb }, size);
    const expected = Uint8Array.from(square, (_, i) => [200, 3, 77][Math.floor(i / size ** 2)]);
    assert.deepEqual(square, expected);
  }
});
