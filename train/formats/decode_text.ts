/**
 * Decodes the text of a file: UTF-8, or UTF-16 of either byte order, with or without a byte-order
 * mark. Without one, UTF-16 is told by the zero byte that its first character, if ASCII, has.
 *
 * @throws {TypeError} where it is neither
 */
export function decodeText(bytes: Uint8Array): string {
  const [first, second] = bytes;
  const encoding = first === 0xff && second === 0xfe || first !== 0 && second === 0
    ? "utf-16le"
    : first === 0xfe && second === 0xff || first === 0 && second !== 0
    ? "utf-16be"
    : "utf-8";
  return new TextDecoder(encoding, { fatal: true }).decode(bytes);
}
