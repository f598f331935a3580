/** Images from the range of networks to bytes. */

/**
 * Maps -1..1 to 0..255, rounded and clamped; NaN becomes 0. Any shape.
 * @category Images
 */
export function toBytes(x: Float32Array): Uint8Array<ArrayBuffer> {
  const bytes = new Uint8ClampedArray(x.length);
  for (let i = 0; i < x.length; i++) bytes[i] = Math.round((x[i] + 1) * 127.5);
  return new Uint8Array(bytes.buffer);
}
