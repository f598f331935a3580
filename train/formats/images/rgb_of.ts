/**
 * A colour: red, green and blue, 0 to 255.
 * @category Files
 */
export type Rgb = readonly [number, number, number];

/**
 * Drops the alpha of `[pixels, 4]` bytes: over a background, or, with null, as if every pixel were
 * opaque, which is what Pillow's `convert("RGB")` and so torchvision's loader do.
 *
 * @returns `[pixels, 3]` bytes
 */
export function rgbOf(rgba: ArrayLike<number>, background: Rgb | null): Uint8Array {
  const pixels = rgba.length / 4;
  const rgb = new Uint8Array(pixels * 3);
  for (let p = 0, from = 0, to = 0; p < pixels; p++, from += 4, to += 3) {
    const alpha = background ? rgba[from + 3] : 255;
    for (let c = 0; c < 3; c++) {
      const colour = rgba[from + c];
      rgb[to + c] = alpha === 255 ? colour : over(colour, alpha / 255, background![c]);
    }
  }
  return rgb;
}

/** One channel of a colour of this opacity, 0 to 1, over a background's, rounded. */
export function over(colour: number, alpha: number, background: number): number {
  return Math.round(colour * alpha + background * (1 - alpha));
}
