/**
 * Pixels `[H, W, 3]` as grey, `[H, W]`: the luma of ITU-R BT.601 in the integers of Pillow's
 * `convert("L")`, with the same result.
 */
export function grey(rgb: Uint8Array): Uint8Array<ArrayBuffer> {
  const levels = new Uint8Array(rgb.length / 3);
  for (let p = 0, at = 0; p < levels.length; p++, at += 3) {
    levels[p] = luma(rgb[at], rgb[at + 1], rgb[at + 2]);
  }
  return levels;
}

/** Planes `[3, H, W]` of one image as one plane of grey, `[1, H, W]`, as {@linkcode grey}. */
export function greyPlane(planes: Uint8Array): Uint8Array<ArrayBuffer> {
  const levels = new Uint8Array(planes.length / 3);
  const [g, b] = [levels.length, 2 * levels.length];
  for (let p = 0; p < levels.length; p++) {
    levels[p] = luma(planes[p], planes[g + p], planes[b + p]);
  }
  return levels;
}

function luma(red: number, green: number, blue: number): number {
  return (red * 19595 + green * 38470 + blue * 7471 + 0x8000) >> 16;
}
