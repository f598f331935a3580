/** Crops images of any size to squares, the way diffusion data sets are commonly prepared. */

import type { RgbImage } from "../formats/image.ts";
import { grey } from "./grey.ts";
import { planar } from "./planar.ts";
import { BICUBIC, BOX, resample } from "./resample.ts";

/**
 * Halves the image with a box filter while its short side is at least twice `size`, resizes it
 * bicubically (antialiased) until that side is `size`, and crops the centre: ADM's preprocessing.
 *
 * @param channels 3 colour, or 1: the image is made grey first.
 * @returns `[channels, size, size]` bytes.
 */
export function centerCrop(
  image: RgbImage,
  size: number,
  channels: 1 | 3 = 3,
): Uint8Array<ArrayBuffer> {
  let { width, height } = image;
  let pixels = channels === 1 ? grey(image.rgb) : image.rgb;
  while (Math.min(width, height) >= 2 * size) {
    const [halfWidth, halfHeight] = [width >> 1, height >> 1];
    if (width % 2 === 0 && height % 2 === 0) pixels = halve(pixels, width * channels, channels);
    else {
      pixels = resample(pixels, { from: width, to: halfWidth, count: halfWidth, channels }, BOX);
      pixels = resample(pixels, { from: height, to: halfHeight, count: halfHeight, channels }, BOX);
    }
    [width, height] = [halfWidth, halfHeight];
  }
  for (const from of [width, height]) {
    const to = Math.round(from * size / Math.min(width, height));
    const start = (to - size) >> 1;
    pixels = resample(pixels, { from, to, start, count: size, channels }, BICUBIC);
  }
  return channels === 1 ? new Uint8Array(pixels) : planar({ rgb: pixels });
}

/** What `resample` makes of both axes with the box filter where rows and columns are even. */
function halve(pixels: Uint8Array, row: number, channels: number): Uint8Array {
  const halved = new Uint8Array(pixels.length / 4);
  let to = 0;
  for (let top = 0; top < pixels.length; top += 2 * row) {
    for (let left = top; left < top + row; left += channels) {
      for (const end = left + channels; left < end; left++) {
        const upper = (pixels[left] + pixels[left + channels] + 1) >> 1;
        const lower = (pixels[left + row] + pixels[left + row + channels] + 1) >> 1;
        halved[to++] = (upper + lower + 1) >> 1;
      }
    }
  }
  return halved;
}
