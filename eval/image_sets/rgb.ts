/** Images, bytes `[n, channels, pixels]`, as RGB, `[n, 3, pixels]`: one grey channel is repeated. */
export function rgb(
  bytes: Uint8Array,
  { channels, pixels }: { channels: number; pixels: number },
): Uint8Array<ArrayBuffer> {
  const n = bytes.length / channels / pixels;
  const images = new Uint8Array(n * 3 * pixels);
  for (let plane = 0; plane < n * 3; plane++) {
    const from = Math.floor(plane / 3) * channels + plane % 3 % channels;
    images.set(bytes.subarray(from * pixels, (from + 1) * pixels), plane * pixels);
  }
  return images;
}
