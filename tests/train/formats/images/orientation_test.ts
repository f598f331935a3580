import assert from "node:assert/strict";
import { decodeImage } from "../../../../train/formats/image.ts";
import { orientationIn, upright } from "../../../../train/formats/images/orientation.ts";

const IMAGES = new URL("../../../data/images/", import.meta.url);
const decoded = async (name: string) => {
  return await decodeImage(await Deno.readFile(new URL(name, IMAGES)), name);
};

for (let orientation = 1; orientation <= 8; orientation++) {
  Deno.test(`upright() turns orientation ${orientation} as Pillow's exif_transpose does`, async () => {
    const stored = await decoded(`orientations/${orientation}.png`);
    assert.equal(stored.orientation, orientation);
    assert.deepEqual([stored.width, stored.height], [20, 12]);
    const { width, height, rgb } = upright(stored, orientation);
    const expected = await decoded(`expected/upright_${orientation}.png`);
    assert.deepEqual({ width, height, rgb, orientation: 1 }, expected);
  });
}

Deno.test("decodeImage() finds the orientation of JPEG and WebP files, and leaves pixels alone", async () => {
  for (const name of ["6.jpg", "6.webp"]) {
    const { orientation, width, height } = await decoded(`orientations/${name}`);
    assert.deepEqual([orientation, width, height], [6, 24, 16], name);
  }
});

/** EXIF data of one entry, in either byte order. */
function exif(little: boolean, { tag = 0x0112, type = 3, value = 6, count = 1 } = {}): Uint8Array {
  const bytes = new Uint8Array(6 + 8 + 2 + 12);
  bytes.set(new TextEncoder().encode("Exif\0\0"));
  const view = new DataView(bytes.buffer, 6);
  view.setUint16(0, little ? 0x4949 : 0x4d4d);
  view.setUint16(2, 42, little);
  view.setUint32(4, 8, little);
  view.setUint16(8, count, little);
  view.setUint16(10, tag, little);
  view.setUint16(12, type, little);
  view.setUint32(14, 1, little);
  view.setUint16(18, value, little);
  return bytes;
}

Deno.test("orientationIn() reads both byte orders, with EXIF's header or without", () => {
  for (const little of [true, false]) {
    assert.equal(orientationIn(exif(little)), 6);
    assert.equal(orientationIn(exif(little).subarray(6)), 6);
  }
});

Deno.test("orientationIn() takes what is missing or damaged for an image as stored", () => {
  assert.equal(orientationIn(null), 1);
  for (const value of [0, 9, 65535]) assert.equal(orientationIn(exif(true, { value })), 1);
  assert.equal(orientationIn(exif(true, { tag: 0x0110 })), 1);
  assert.equal(orientationIn(exif(true, { type: 4 })), 1);
  // More entries than there are.
  assert.equal(orientationIn(exif(true, { tag: 0x0110, count: 500 })), 1);
  const whole = exif(false);
  for (let end = 0; end < whole.length; end++) {
    assert.equal(orientationIn(whole.subarray(0, end)), 1);
  }
  const far = exif(false);
  new DataView(far.buffer).setUint32(6 + 4, 0xffff_ffff);
  assert.equal(orientationIn(far), 1);
});
