/** The pixels of one image, bytes `[H, W, 3]`, as channel planes: `[3, H, W]`. */
export function planar({ rgb }: { rgb: Uint8Array }): Uint8Array<ArrayBuffer> {
  const pixels = rgb.length / 3;
  const image = new Uint8Array(rgb.length);
  for (let p = 0; p < pixels; p++) {
    for (let c = 0; c < 3; c++) image[c * pixels + p] = rgb[3 * p + c];
  }
  return image;
}
