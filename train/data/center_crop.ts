/** Crops images of any size to squares, the way diffusion data sets are commonly prepared. */

import type { RgbImage } from "../formats/image.ts";
import { grey } from "./grey.ts";
import { planar } from "./planar.ts";

interface Filter {
  /** Half the filter's width, in pixels of the coarser grid. */
  support: number;
  weight: (x: number) => number;
}

const BOX: Filter = { support: 0.5, weight: (x) => (x > -0.5 && x <= 0.5 ? 1 : 0) };

/** Keys' cubic with a = -1/2. */
const BICUBIC: Filter = {
  support: 2,
  weight: (x) => {
    const d = Math.abs(x);
    if (d < 1) return (1.5 * d - 2.5) * d * d + 1;
    return d < 2 ? ((-0.5 * d + 2.5) * d - 4) * d + 2 : 0;
  },
};

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

/**
 * Resizes rows of `from` pixels to `to`, crops each to the `count` pixels from `start` on, and
 * transposes the image, `[lines, from, channels]` to `[count, lines, channels]`: two calls resize
 * both axes.
 */
function resample(
  pixels: Uint8Array,
  { from, to, start = 0, count, channels }: {
    from: number;
    to: number;
    start?: number;
    count: number;
    channels: number;
  },
  filter: Filter,
): Uint8Array {
  const lines = pixels.length / from / channels;
  const scale = from / to;
  const widening = Math.max(scale, 1);
  const reach = filter.support * widening;
  const resized = new Uint8ClampedArray(count * lines * channels);
  for (let i = 0; i < count; i++) {
    const centre = (start + i + 0.5) * scale;
    const first = Math.max(Math.floor(centre - reach + 0.5), 0);
    const last = Math.min(Math.floor(centre + reach + 0.5), from);
    const weights = new Float64Array(last - first);
    for (let k = 0; k < weights.length; k++) {
      weights[k] = filter.weight((first + k + 0.5 - centre) / widening);
    }
    const total = weights.reduce((sum, weight) => sum + weight, 0);
    for (let line = 0; line < lines; line++) {
      for (let c = 0; c < channels; c++) {
        let sum = 0;
        let at = (line * from + first) * channels + c;
        for (let k = 0; k < weights.length; k++, at += channels) sum += weights[k] * pixels[at];
        resized[(i * lines + line) * channels + c] = Math.floor(sum / total + 0.5);
      }
    }
  }
  return new Uint8Array(resized.buffer);
}
