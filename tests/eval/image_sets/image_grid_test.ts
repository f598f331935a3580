import assert from "node:assert/strict";
import { imageGrid } from "../../../eval/image_sets/image_grid.ts";

Deno.test("imageGrid() puts every pixel of every image where it belongs", () => {
  const images = Uint8Array.from({ length: 5 * 3 * 4 }, (_, i) => i);
  const grid = imageGrid(images, { channels: 3, image_size: 2, columns: 3, scale: 2 });
  assert.deepEqual([grid.width, grid.height], [3 * 6 + 2, 2 * 6 + 2]);
  const at = (
    x: number,
    y: number,
  ) => [...grid.pixels.subarray((y * grid.width + x) * 3, (y * grid.width + x) * 3 + 3)];
  for (let i = 0; i < 5; i++) {
    for (const [x, y] of [[0, 0], [1, 0], [0, 1], [1, 1]]) {
      const expected = [0, 1, 2].map((c) => i * 12 + c * 4 + y * 2 + x);
      const [left, top] = [2 + (i % 3) * 6 + x * 2, 2 + Math.floor(i / 3) * 6 + y * 2];
      for (const [dx, dy] of [[0, 0], [1, 0], [0, 1], [1, 1]]) {
        assert.deepEqual(at(left + dx, top + dy), expected, `image ${i} at ${x}, ${y}`);
      }
    }
  }
  for (const [x, y] of [[0, 0], [6, 3], [19, 13], [15, 9]]) {
    assert.deepEqual(at(x, y), [128, 128, 128], `ground at ${x}, ${y}`);
  }
});

Deno.test("imageGrid() enlarges small images to at least 64 pixels, in a square", () => {
  const sizeOf = (n: number, image_size: number) => {
    const { width, height } = imageGrid(new Uint8Array(n * 3 * image_size ** 2), {
      channels: 3,
      image_size,
    });
    return [width, height];
  };
  assert.deepEqual(sizeOf(16, 16), [4 * 66 + 2, 4 * 66 + 2]);
  assert.deepEqual(sizeOf(3, 24), [2 * 74 + 2, 2 * 74 + 2]);
  assert.deepEqual(sizeOf(2, 100), [2 * 102 + 2, 102 + 2]);
});

Deno.test("imageGrid() of grey images is grey", () => {
  const grid = imageGrid(Uint8Array.of(77, 5), { channels: 1, image_size: 1, scale: 1 });
  assert.deepEqual([grid.channels, grid.width, grid.height, grid.pixels.length], [1, 8, 5, 40]);
  assert.deepEqual([...grid.pixels.subarray(2 * 8, 3 * 8)], [128, 128, 77, 128, 128, 5, 128, 128]);
});

Deno.test("imageGrid() refuses bytes that are no whole images", () => {
  for (const [bytes, channels] of [[0, 3], [13, 3], [8, 2]]) {
    assert.throws(
      () => imageGrid(new Uint8Array(bytes), { channels, image_size: 2 }),
      RangeError,
    );
  }
});
