/**
 * Pixels `[H, W, 3]` as grey, `[H, W]`: the luma of ITU-R BT.601 in the integers of Pillow's
 * `convert("L")`, with the same result.
 */
export function grey(rgb: Uint8Array): Uint8Array<ArrayBuffer> {
  const levels = new Uint8Array(rgb.length / 3);
  for (let p = 0, at = 0; p < levels.length; p++, at += 3) {
    levels[p] = (rgb[at] * 19595 + rgb[at + 1] * 38470 + rgb[at + 2] * 7471 + 0x8000) >> 16;
  }
  return levels;
}
