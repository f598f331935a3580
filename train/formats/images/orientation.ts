/** How a camera was held: EXIF's orientation, and turning an image upright. */

import type { RgbImage } from "./rgb_image.ts";

const ORIENTATION = 0x0112;
const SHORT = 3;
/** EXIF's header before its TIFF structure; in WebP and PNG files it is usually left out. */
const EXIF = [0x45, 0x78, 0x69, 0x66, 0, 0];

/**
 * The orientation in EXIF data, with its header or without: 1 as stored, 2 to 8 mirrored or turned
 * (CIPA DC-008, tag 274). 1 also where there is none, or the data are damaged.
 */
export function orientationIn(exif: Uint8Array | null): number {
  if (!exif) return 1;
  const tiff = EXIF.every((byte, i) => exif[i] === byte) ? exif.subarray(EXIF.length) : exif;
  if (tiff.length < 8) return 1;
  const view = new DataView(tiff.buffer, tiff.byteOffset, tiff.byteLength);
  const order = view.getUint16(0);
  const little = order === 0x4949;
  if ((!little && order !== 0x4d4d) || view.getUint16(2, little) !== 42) return 1;
  const directory = view.getUint32(4, little);
  if (directory + 2 > tiff.length) return 1;
  const entries = view.getUint16(directory, little);
  for (let i = 0; i < entries; i++) {
    const at = directory + 2 + 12 * i;
    if (at + 12 > tiff.length) return 1;
    if (view.getUint16(at, little) !== ORIENTATION) continue;
    const value = view.getUint16(at + 8, little);
    return view.getUint16(at + 2, little) === SHORT && value >= 1 && value <= 8 ? value : 1;
  }
  return 1;
}

/** The image as it was seen: mirrored and turned as an orientation, 1 to 8, says. */
export function upright(image: RgbImage, orientation: number): RgbImage {
  if (orientation === 1) return image;
  const isTurned = orientation >= 5;
  const mirrorsX = [2, 3, 7, 8].includes(orientation);
  const mirrorsY = [3, 4, 6, 7].includes(orientation);
  const width = isTurned ? image.height : image.width;
  const height = isTurned ? image.width : image.height;
  const rgb = new Uint8Array(image.rgb.length);
  let to = 0;
  for (let y = 0; y < height; y++) {
    for (let x = 0; x < width; x++) {
      // The stored column and row, counted from the edge that the orientation names.
      const [column, row] = isTurned ? [y, x] : [x, y];
      const storedX = mirrorsX ? image.width - 1 - column : column;
      const storedY = mirrorsY ? image.height - 1 - row : row;
      const from = 3 * (storedY * image.width + storedX);
      for (let c = 0; c < 3; c++) rgb[to++] = image.rgb[from + c];
    }
  }
  return { width, height, rgb };
}
