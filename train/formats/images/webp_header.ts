/** What a WebP file says of itself: a RIFF container of chunks (RFC 9649). */

/** The parts of a WebP file that its reader decides by. */
export interface WebpHeader {
  /** Pixels per row, as declared. */
  width: number;
  /** Rows, as declared. */
  height: number;
  /** Whether it has frames. */
  isAnimated: boolean;
  /** The payload of the EXIF chunk. */
  exif: Uint8Array | null;
}

/**
 * Reads the size and the chunks of a WebP file.
 *
 * @throws {Error} where it is shorter than it says, or has no image
 */
export function webpHeader(bytes: Uint8Array): WebpHeader {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const end = 8 + view.getUint32(4, true);
  if (end > bytes.length) {
    throw new Error(`it ends early, after ${bytes.length} of ${end} bytes`);
  }
  let size: { width: number; height: number } | null = null;
  let isAnimated = false;
  let exif: Uint8Array | null = null;
  for (let at = 12; at + 8 <= end;) {
    const name = String.fromCharCode(...bytes.subarray(at, at + 4));
    const length = view.getUint32(at + 4, true);
    const payload = bytes.subarray(at + 8, Math.min(at + 8 + length, end));
    if (name === "VP8X" || name === "VP8 " || name === "VP8L") size ??= sizeIn(name, payload);
    if (name === "ANIM" || name === "ANMF") isAnimated = true;
    if (name === "EXIF") exif ??= payload;
    at += 8 + length + length % 2;
  }
  if (!size) throw new Error("it has no image");
  return { ...size, isAnimated, exif };
}

/** The size in the chunk of the whole canvas, of a lossy or of a lossless image. */
function sizeIn(name: string, payload: Uint8Array): { width: number; height: number } {
  if (payload.length < (name === "VP8L" ? 5 : 10)) throw new Error("it ends within its header");
  const view = new DataView(payload.buffer, payload.byteOffset, payload.byteLength);
  if (name === "VP8L") {
    const bits = view.getUint32(1, true);
    return { width: (bits & 0x3fff) + 1, height: ((bits >> 14) & 0x3fff) + 1 };
  }
  if (name === "VP8 ") {
    return { width: view.getUint16(6, true) & 0x3fff, height: view.getUint16(8, true) & 0x3fff };
  }
  const uint24 = (at: number) => view.getUint16(at, true) | (payload[at + 2] << 16);
  return { width: uint24(4) + 1, height: uint24(7) + 1 };
}
