import assert from "node:assert/strict";
import { encode } from "fast-png";
import { decodeImage, encodePng, ImageError } from "../../../train/formats/image.ts";

const IMAGES = new URL("../../data/images/", import.meta.url);
const read = (path: string) => Deno.readFileSync(new URL(path, IMAGES));

/** The largest difference of two byte images. */
function apart(a: Uint8Array, b: Uint8Array): number {
  assert.equal(a.length, b.length);
  return a.reduce((most, value, i) => Math.max(most, Math.abs(value - b[i])), 0);
}

const files = ["formats", "photos"].flatMap((folder) =>
  [...Deno.readDirSync(new URL(`${folder}/`, IMAGES))].map(({ name }) => ({ folder, name }))
);
for (const { folder, name } of files) {
  Deno.test(`decodeImage() reads ${name} as Pillow's convert("RGB") does`, async () => {
    const found = await decodeImage(read(`${folder}/${name}`), name);
    const expected = await decodeImage(read(`expected/${name.replace(".", "_")}.png`), "expected");
    assert.deepEqual([found.width, found.height], [expected.width, expected.height]);
    assert.equal(found.orientation, 1);
    assert.equal(apart(found.rgb, expected.rgb), 0);
  });
}

Deno.test("decodeImage() puts transparent pixels over a background, if one is given", async () => {
  const background = [10, 200, 90] as const;
  const { width, height, rgb: colours } = await decodeImage(read("formats/rgb.png"), "rgb.png");
  const alpha = (p: number) => p * 7 % 256;
  const rgba = new Uint8Array(width * height * 4);
  for (let p = 0; p < width * height; p++) {
    rgba.set([...colours.subarray(3 * p, 3 * p + 3), alpha(p)], 4 * p);
  }
  const file = encode({ width, height, data: rgba, channels: 4 });
  assert.deepEqual((await decodeImage(file, "rgba")).rgb, colours);
  const expected = colours.map((value, i) => {
    const a = alpha(Math.floor(i / 3)) / 255;
    return Math.round(value * a + background[i % 3] * (1 - a));
  });
  assert.deepEqual((await decodeImage(file, "rgba", { background })).rgb, expected);

  for (
    const name of ["formats/palette_alpha.png", "formats/grey_alpha.png", "formats/rgb_key.png"]
  ) {
    const [dropped, composited] = [
      await decodeImage(read(name), name),
      await decodeImage(read(name), name, { background: [1, 2, 3] }),
    ];
    const isGone = (p: number) => [1, 2, 3].every((c, i) => composited.rgb[3 * p + i] === c);
    const gone = Array.from({ length: 1024 }, (_, p) => p).filter(isGone);
    assert.ok(gone.length > 0 && gone.length < 1024, name);
    assert.ok(apart(dropped.rgb, composited.rgb) > 1, name);
  }
  const webp = "photos/lossless_alpha.webp";
  const over = await decodeImage(read(webp), webp, { background });
  assert.ok(apart(over.rgb, (await decodeImage(read(webp), webp)).rgb) > 1);
});

Deno.test("decodeImage() reads interlaced and 16-bit images", async () => {
  const { width, height, rgb } = await decodeImage(read("formats/rgb.png"), "rgb.png");
  const interlaced = encode({ width, height, data: rgb, channels: 3 }, { interlace: "Adam7" });
  assert.deepEqual((await decodeImage(interlaced, "interlaced")).rgb, rgb);
  // 257 maps 8 bits onto 16 exactly; the 100 more have to be rounded away.
  const data = Uint16Array.from(rgb, (value) => Math.min(value * 257 + 100, 65535));
  const deep = encode({ width, height, data, channels: 3, depth: 16 }, { interlace: "Adam7" });
  assert.deepEqual((await decodeImage(deep, "deep")).rgb, rgb);
});

Deno.test("encodePng() round trips", async () => {
  const rgb = Uint8Array.from({ length: 5 * 3 * 3 }, (_, i) => i * 5);
  const image = await decodeImage(encodePng(rgb, 5, 3), "made");
  assert.deepEqual(image, { width: 5, height: 3, rgb, orientation: 1 });
  const grey = encodePng(rgb, 15, 3, 1);
  // The header's type of pixels: 0 grey.
  assert.equal(grey[25], 0);
  const repeated = Uint8Array.from({ length: 3 * 45 }, (_, i) => rgb[Math.floor(i / 3)]);
  assert.deepEqual((await decodeImage(grey, "made")).rgb, repeated);
  assert.throws(() => encodePng(rgb, 5, 3, 1), /45 bytes are not a grey image of 5 x 3/);
  assert.throws(() => encodePng(rgb, 5, 4), ImageError);
  assert.throws(() => encodePng(new Uint8Array(0), 0, 0), ImageError);
});

/** Checks that a file is refused in one line that names it. */
async function refuses(bytes: Uint8Array, message: RegExp): Promise<void> {
  await assert.rejects(decodeImage(bytes, "cats/1"), (error) => {
    assert.ok(error instanceof ImageError);
    assert.match(error.message, /^cats\/1 [^\n]+$/);
    assert.match(error.message, message);
    return true;
  });
}

Deno.test("decodeImage() refuses what is not an image, and names the file", async () => {
  await refuses(new Uint8Array(0), /neither a PNG, a JPEG nor a WebP/);
  await refuses(new TextEncoder().encode("GIF89a............"), /neither a PNG, a JPEG nor a WebP/);
  await refuses(read("animated.webp"), /cannot be decoded: it is animated/);

  const interlaced = read("formats/grey1.png");
  interlaced[28] = 1;
  await refuses(interlaced, /cannot be decoded: .*save it without interlacing/);
  const renamed = read("formats/rgb.png");
  renamed[renamed.findIndex((_, i) => renamed[i] === 73 && renamed[i + 1] === 68)] = 10;
  await refuses(renamed, /may be damaged/);
  const flipped = read("formats/rgb.png");
  flipped[flipped.length >> 1] ^= 1;
  await refuses(flipped, /may be damaged/);
});

Deno.test("decodeImage() refuses a size that is declared, before anything is allocated", async () => {
  const huge = read("formats/rgb.png");
  new DataView(huge.buffer).setUint32(16, 2 ** 31);
  await refuses(huge, /megapixels/);
  const empty = read("formats/rgb.png");
  new DataView(empty.buffer).setUint32(20, 0);
  await refuses(empty, /size is 32 x 0/);

  for (const name of ["ycc420_odd.jpg", "ycc420_progressive.jpg"]) {
    const jpeg = read(`photos/${name}`);
    const frame = jpeg.findIndex((byte, i) => byte === 0xff && [0xc0, 0xc2].includes(jpeg[i + 1]));
    new DataView(jpeg.buffer).setUint32(frame + 5, 0xffff_fff0);
    await refuses(jpeg, /65520 x 65535 is more than 100 megapixels/);
  }
  const lossy = read("photos/lossy_odd.webp");
  new DataView(lossy.buffer).setUint32(26, 0xff3f_ff3f);
  await refuses(lossy, /16383 x 16383 is more than 100 megapixels/);
  const lossless = read("photos/lossless.webp");
  new DataView(lossless.buffer).setUint32(21, 0xffff_ff0f);
  await refuses(lossless, /16384 x 16384 is more than 100 megapixels/);
});

Deno.test("decodeImage() refuses JPEG data that libjpeg would decode in part", async () => {
  const file = read("photos/ycc420_odd.jpg");
  await refuses(file.subarray(0, -2), /end of the image is missing/);
  const restarted = Uint8Array.of(...file.subarray(0, -60), ...file.subarray(-2));
  await refuses(restarted, /Corrupt JPEG data/);
  for (const name of ["cmyk_odd.jpg", "ycck420_restarts.jpg"]) {
    const inks = read(`photos/${name}`);
    await refuses(Uint8Array.of(...inks.subarray(0, -60), 0xff, 0xd9), /cannot be decoded/);
  }
  // After a file that ends the decoder, it starts anew.
  await refuses(without(file, 0xdb), /Quantization table/);
  const again = await decodeImage(file, "again");
  const expected = await decodeImage(read("expected/ycc420_odd_jpg.png"), "expected");
  assert.deepEqual(again.rgb, expected.rgb);
});

/** A JPEG file without its segments of this marker. */
function without(jpeg: Uint8Array, marker: number): Uint8Array {
  const view = new DataView(jpeg.buffer);
  const kept: Uint8Array[] = [jpeg.subarray(0, 2)];
  let at = 2;
  for (; view.getUint16(at) !== 0xffda; at += 2 + view.getUint16(at + 2)) {
    if (jpeg[at + 1] !== marker) kept.push(jpeg.subarray(at, at + 2 + view.getUint16(at + 2)));
  }
  kept.push(jpeg.subarray(at));
  return Uint8Array.from(kept.flatMap((part) => [...part]));
}

for (
  const name of [
    "formats/rgb.png",
    "formats/grey1.png",
    "formats/rgb_48x40.jpg",
    "formats/grey.jpg",
    "formats/cmyk.jpg",
    "photos/ycc420_progressive.jpg",
    "photos/lossy_odd.webp",
    "photos/lossless.webp",
    "photos/lossy_alpha.webp",
  ]
) {
  Deno.test(`decodeImage() refuses ${name} truncated anywhere`, async () => {
    const whole = read(name);
    const ends = Array.from({ length: 20 }, (_, i) => Math.floor(whole.length * i / 20));
    for (const end of [...ends, whole.length - 1]) {
      await assert.rejects(decodeImage(whole.subarray(0, end), name), ImageError, `at ${end}`);
    }
  });
}

Deno.test("decodeImage() says of a PNG that is cut anywhere that it ends", async () => {
  const whole = read("formats/rgb.png");
  for (const end of [8, 20, 40, whole.length >> 1, whole.length - 12, whole.length - 1]) {
    await assert.rejects(
      decodeImage(whole.subarray(0, end), "a.png"),
      { name: "ImageError", message: /: it ends (early|within its header)$/ },
      `at ${end} of ${whole.length}`,
    );
  }
});

Deno.test("decodeImage() names what a file of another kind is", async () => {
  const kinds: [begin: string, name: RegExp][] = [
    ["", /: it is empty/],
    ["<!DOCTYPE html><html>", /: it is an HTML page/],
    ["version https://git-lfs.github.com/spec/v1\n", /: it is a Git LFS pointer/],
    ["GIF89a\0\0", /: it is a GIF image$/],
    ["BM\x46\0\0\0\0\0\0\0\x36", /: it is a BMP image$/],
    ["II*\0\x08\0\0\0", /: it is a TIFF image$/],
    ["\0\0\0\x18ftypheic", /: it is a HEIC image$/],
    ["\0\0\0\x20ftypavif", /: it is an AVIF image$/],
    ["something else", /nor a WebP image$/],
  ];
  for (const [begin, name] of kinds) {
    const bytes = Uint8Array.from(begin, (letter) => letter.charCodeAt(0));
    await assert.rejects(decodeImage(bytes, "a.png"), { name: "ImageError", message: name });
  }
});
