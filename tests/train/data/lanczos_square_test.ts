import { deepStrictEqual as deepEqual, ok } from "node:assert/strict";
import { lanczosSquare } from "../../../train/data/lanczos_square.ts";
import { planar } from "../../../train/data/planar.ts";
import { decodeImage, type RgbImage } from "../../../train/formats/image.ts";

const CROPS = new URL("../../data/images/crop/", import.meta.url);
const read = (name: string) => decodeImage(Deno.readFileSync(new URL(name, CROPS)), name);

/** The largest difference of a square from what Pillow 9.4 made of the same image. */
async function differenceFrom(name: string, image: RgbImage, size: number): Promise<number> {
  const expected = planar(await read(name));
  const square = lanczosSquare(image, size);
  ok(square.length === expected.length && square.length === 3 * size * size);
  return Math.max(...square.map((value, i) => Math.abs(value - expected[i])));
}

/** The left `width` columns of the image's transpose. */
function transposed({ width, height, rgb }: RgbImage, columns: number): RgbImage {
  const turned = new Uint8Array(3 * columns * width);
  for (let x = 0; x < columns; x++) {
    for (let y = 0; y < width; y++) {
      const from = 3 * (x * width + y);
      turned.set(rgb.subarray(from, from + 3), 3 * (y * columns + x));
    }
  }
  ok(columns <= height);
  return { width: columns, height: width, rgb: turned };
}

Deno.test("lanczosSquare() is within one level of Pillow's, smaller and larger, wide and tall", async () => {
  const image = await read("source_77x53.png");
  ok(await differenceFrom("lanczos_16.png", image, 16) <= 1);
  ok(await differenceFrom("lanczos_64.png", image, 64) <= 1);
  ok(await differenceFrom("lanczos_tall_20.png", transposed(image, 52), 20) <= 1);
});

Deno.test("lanczosSquare() leaves a square of the right size as it is", async () => {
  const image = await read("expected_32.png");
  deepEqual(lanczosSquare(image, 32), planar(image));
});
