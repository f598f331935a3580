import assert from "node:assert/strict";
import { fileURLToPath } from "node:url";
import { centerCrop } from "../../../train/data/center_crop.ts";
import { type DecodedFile, decodeImages } from "../../../train/data/decode_images.ts";
import { grey } from "../../../train/data/grey.ts";
import { planar } from "../../../train/data/planar.ts";
import { decodeImage } from "../../../train/formats/image.ts";
import { upright } from "../../../train/formats/images/orientation.ts";

const IMAGES = new URL("../../data/images/", import.meta.url);
const path = (name: string) => fileURLToPath(new URL(name, IMAGES));
const stored = async (name: string) => await decodeImage(await Deno.readFile(path(name)), name);

/** A file's pixels, where it was decoded. */
function pixels(file: DecodedFile): Uint8Array {
  assert.ok("image" in file, "problem" in file ? file.problem : "");
  return file.image;
}

Deno.test("decodeImages() decodes every format, in the order given, broken files among them", async () => {
  const names = ["lossless.webp", "ycc420_odd.jpg", "lossy_odd.webp", "one_pixel.jpg", "ycc422.jpg"]
    .map((name) => `photos/${name}`);
  const paths = [...names, "formats/rgba.png", "nowhere.png", "animated.webp", ...names].map(path);
  const files = await Array.fromAsync(decodeImages(paths, { image_size: null }));
  assert.deepEqual(files.map((file) => file.path), paths);
  for (const [i, name] of [...names, "formats/rgba.png"].entries()) {
    assert.deepEqual(pixels(files[i]), planar(await stored(name)), name);
  }
  const problems = files.map((file) => "problem" in file ? file.problem : "").slice(6, 8);
  assert.match(problems[0], /nowhere\.png/);
  assert.match(problems[1], /animated\.webp .*animated/);
  assert.deepEqual(files.slice(8).map(pixels), files.slice(0, 5).map(pixels));
});

Deno.test("decodeImages() reports the orientation, and turns images upright before they are cropped", async () => {
  const paths = ["orientations/6.jpg", "orientations/8.png", "photos/ycc444.jpg"].map(path);
  const asStored = await Array.fromAsync(decodeImages(paths, { image_size: null }));
  assert.deepEqual(asStored.map((file) => "image" in file && file.orientation), [6, 8, 1]);
  const image = await stored("orientations/6.jpg");
  assert.deepEqual(pixels(asStored[0]), planar(image));

  const options = { is_upright: true } as const;
  const turned = await Array.fromAsync(decodeImages(paths, { ...options, image_size: null }));
  assert.deepEqual(turned.map((file) => "image" in file && [file.width, file.height]), [
    [16, 24],
    [12, 20],
    [24, 24],
  ]);
  assert.deepEqual(turned.map((file) => "image" in file && file.orientation), [6, 8, 1]);
  const cropped = await Array.fromAsync(decodeImages(paths, { ...options, image_size: 10 }));
  assert.deepEqual(pixels(cropped[0]), centerCrop(upright(image, 6), 10));
});

Deno.test("decodeImages() makes grey images of one channel, whole and cropped", async () => {
  const paths = [path("photos/ycc444.jpg")];
  const { rgb, width, height } = await stored("photos/ycc444.jpg");
  for (const image_size of [null, 8]) {
    const [file] = await Array.fromAsync(decodeImages(paths, { image_size, channels: 1 }));
    const expected = image_size ? centerCrop({ rgb, width, height }, image_size, 1) : grey(rgb);
    assert.deepEqual(pixels(file), expected);
  }
});

Deno.test("decodeImages() puts transparent pixels over a background", async () => {
  const background = [255, 255, 255] as const;
  const paths = [path("formats/rgba.png")];
  const [file] = await Array.fromAsync(decodeImages(paths, { image_size: null, background }));
  const bytes = await Deno.readFile(paths[0]);
  assert.deepEqual(pixels(file), planar(await decodeImage(bytes, "rgba.png", { background })));
});
