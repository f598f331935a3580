import type { RgbImage } from "../formats/image.ts";
import { planar } from "./planar.ts";
import { LANCZOS, resample } from "./resample.ts";

/**
 * Resizes the largest square in the middle of an image by Lanczos's filter, antialiased: how U-ViT
 * prepares MS-COCO.
 *
 * @returns `[3, size, size]` bytes
 */
export function lanczosSquare(
  { width, height, rgb }: RgbImage,
  size: number,
): Uint8Array<ArrayBuffer> {
  const side = Math.min(width, height);
  const [left, top] = [(width - side) >> 1, (height - side) >> 1];
  let pixels: Uint8Array = new Uint8Array(3 * side * side);
  for (let y = 0; y < side; y++) {
    const from = 3 * ((top + y) * width + left);
    pixels.set(rgb.subarray(from, from + 3 * side), 3 * side * y);
  }
  if (size !== side) {
    for (let axis = 0; axis < 2; axis++) {
      pixels = resample(pixels, { from: side, to: size, count: size, channels: 3 }, LANCZOS);
    }
  }
  return planar({ rgb: pixels });
}
