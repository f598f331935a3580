/** Rows of the token table of a network that reads bytes: 256 of them, the start and the end. */
export const BYTE_VOCABULARY = 258;

const START = 256;
const END = 257;

/**
 * A text as the ids of its bytes.
 * @category Networks
 */
export interface ByteTokens {
  /** `[length]`, each below {@linkcode BYTE_VOCABULARY}. */
  readonly ids: Int32Array;
  /** How many bytes did not fit, and are left out. */
  readonly cut: number;
}

/**
 * The ids of a text for a network with a text encoder of its own, which needs no vocabulary: the start,
 * the bytes of its UTF-8, the end. The rest of `length` is ends, too. White space is one space each,
 * none at either side; letters are lower case and accents composed (NFC).
 *
 * @param length of the ids, 2 at least
 * @category Networks
 */
export function byteTokens(text: string, length: number): ByteTokens {
  const bytes = bytesOf(text);
  const kept = Math.min(bytes.length, Math.max(0, length - 2));
  const ids = new Int32Array(length).fill(END);
  ids[0] = START;
  ids.set(bytes.subarray(0, kept), 1);
  return { ids, cut: bytes.length - kept };
}

/** How many bytes a text has as {@linkcode byteTokens} reads it; two more make its ids. */
export function byteLength(text: string): number {
  return bytesOf(text).length;
}

function bytesOf(text: string): Uint8Array {
  const plain = text.normalize("NFC").replaceAll(/\s+/g, " ").trim().toLowerCase();
  return new TextEncoder().encode(plain);
}
