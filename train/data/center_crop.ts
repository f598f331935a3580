/** Crops images of any size to squares, the way diffusion data sets are commonly prepared. */

import type { RgbImage } from "../formats/image.ts";
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
 * @returns `[3, size, size]` bytes.
 */
export function centerCrop(image: RgbImage, size: number): Uint8Array<ArrayBuffer> {
  let { width, height, rgb } = image;
  while (Math.min(width, height) >= 2 * size) {
    const [halfWidth, halfHeight] = [width >> 1, height >> 1];
    rgb = resample(rgb, { from: width, to: halfWidth, start: 0, count: halfWidth }, BOX);
    rgb = resample(rgb, { from: height, to: halfHeight, start: 0, count: halfHeight }, BOX);
    [width, height] = [halfWidth, halfHeight];
  }
  for (const from of [width, height]) {
    const to = Math.round(from * size / Math.min(width, height));
    rgb = resample(rgb, { from, to, start: (to - size) >> 1, count: size }, BICUBIC);
  }
  return planar({ rgb });
}

/**
 * Resizes rows of `from` pixels to `to`, crops each to the `count` pixels from `start` on, and
 * transposes the image, `[lines, from, 3]` to `[count, lines, 3]`: two calls resize both axes.
 */
function resample(
  rgb: Uint8Array,
  { from, to, start, count }: { from: number; to: number; start: number; count: number },
  filter: Filter,
): Uint8Array {
  const lines = rgb.length / from / 3;
  const scale = from / to;
  const widening = Math.max(scale, 1);
  const reach = filter.support * widening;
  const resized = new Uint8ClampedArray(count * lines * 3);
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
      for (let c = 0; c < 3; c++) {
        let sum = 0;
        let at = (line * from + first) * 3 + c;
        for (let k = 0; k < weights.length; k++, at += 3) sum += weights[k] * rgb[at];
        resized[(i * lines + line) * 3 + c] = Math.floor(sum / total + 0.5);
      }
    }
  }
  return new Uint8Array(resized.buffer);
}
