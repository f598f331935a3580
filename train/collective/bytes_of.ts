/** The bytes of 32-bit numbers, as processes send them; nothing is copied. */
export function bytesOf({ buffer, byteOffset, byteLength }: Float32Array): Uint8Array {
  return new Uint8Array(buffer, byteOffset, byteLength);
}

/** The 32-bit numbers that bytes are, as processes receive them; nothing is copied. */
export function floatsOf(
  { buffer, byteOffset, byteLength }: Uint8Array,
): Float32Array<ArrayBuffer> {
  return new Float32Array(buffer as ArrayBuffer, byteOffset, byteLength / 4);
}
