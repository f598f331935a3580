import assert from "node:assert/strict";
import { encode } from "fast-png";
import { decodeImage, encodePng, ImageError } from "../../../train/formats/image.ts";

const IMAGES = new URL("../../data/images/", import.meta.url);
const read = (path: string) => Deno.readFileSync(new URL(path, IMAGES));

/** How far apart two byte images are: the mean and the largest difference. */
function apart(a: Uint8Array, b: Uint8Array): { mean: number; max: number } {
  assert.equal(a.length, b.length);
  const differences = a.map((value, i) => Math.abs(value - b[i]));
  const mean = differences.reduce((sum, value) => sum + value, 0) / a.length;
  return { mean, max: differences.reduce((most, value) => Math.max(most, value), 0) };
}

for (const { name } of [...Deno.readDirSync(new URL("formats/", IMAGES))]) {
  Deno.test(`decodeImage() reads ${name} as another decoder does`, () => {
    const found = decodeImage(read(`formats/${name}`), name);
    const expected = decodeImage(read(`expected/${name.replace(".", "_")}.png`), "expected");
    assert.deepEqual([found.width, found.height], [expected.width, expected.height]);
    const { mean, max } = apart(found.rgb, expected.rgb);
    // JPEG decoders may round differently and interpolate coarse colour differently; PNG is exact.
    if (name.endsWith(".png")) assert.equal(max, 0);
    else assert.ok(mean < 4, `mean difference ${mean}`);
  });
}

Deno.test("decodeImage() reads interlaced and 16-bit images", () => {
  const { width, height, rgb } = decodeImage(read("formats/rgb.png"), "rgb.png");
  const interlaced = encode({ width, height, data: rgb, channels: 3 }, { interlace: "Adam7" });
  assert.deepEqual(decodeImage(interlaced, "interlaced").rgb, rgb);
  // 257 maps 8 bits onto 16 exactly; the 100 more have to be rounded away.
  const data = Uint16Array.from(rgb, (value) => Math.min(value * 257 + 100, 65535));
  const deep = encode({ width, height, data, channels: 3, depth: 16 }, { interlace: "Adam7" });
  assert.deepEqual(decodeImage(deep, "deep").rgb, rgb);
});

Deno.test("encodePng() round trips", () => {
  const rgb = Uint8Array.from({ length: 5 * 3 * 3 }, (_, i) => i * 5);
  const image = decodeImage(encodePng(rgb, 5, 3), "made");
  assert.deepEqual(image, { width: 5, height: 3, rgb });
  assert.throws(() => encodePng(rgb, 5, 4), ImageError);
  assert.throws(() => encodePng(new Uint8Array(0), 0, 0), ImageError);
});

Deno.test("decodeImage() refuses what is not an image, and names the file", () => {
  const refuses = (bytes: Uint8Array, message: RegExp) =>
    assert.throws(() => decodeImage(bytes, "cats/1.png"), (error) => {
      assert.ok(error instanceof ImageError);
      assert.match(error.message, /^cats\/1\.png /);
      assert.match(error.message, message);
      return true;
    });
  refuses(new Uint8Array(0), /neither a PNG nor a JPEG/);
  refuses(new TextEncoder().encode("GIF89a............"), /neither a PNG nor a JPEG/);

  const huge = read("formats/rgb.png");
  new DataView(huge.buffer).setUint32(16, 2 ** 31);
  refuses(huge, /megapixels/);
  const empty = read("formats/rgb.png");
  new DataView(empty.buffer).setUint32(20, 0);
  refuses(empty, /size is 32 x 0/);
  const interlaced = read("formats/grey1.png");
  interlaced[28] = 1;
  refuses(interlaced, /save it without interlacing/);
  const renamed = read("formats/rgb.png");
  renamed[renamed.findIndex((_, i) => renamed[i] === 73 && renamed[i + 1] === 68)] = 10;
  refuses(renamed, /^[^\n]+$/);
  const flipped = read("formats/rgb.png");
  flipped[flipped.length >> 1] ^= 1;
  refuses(flipped, /cannot be decoded/);
});

for (const name of ["rgb.png", "grey1.png", "rgb_48x40.jpg", "grey.jpg"]) {
  Deno.test(`decodeImage() refuses ${name} truncated anywhere`, () => {
    const whole = read(`formats/${name}`);
    for (let part = 0; part < 1; part += 0.05) {
      const cut = whole.subarray(0, Math.floor(whole.length * part));
      assert.throws(() => decodeImage(cut, name), ImageError, `at ${part}`);
    }
  });
}
