/** What other files begin with; the first that matches names the content. */
const FOREIGN: readonly [begin: RegExp | string, name: string][] = [
  [/^version https:\/\/git-lfs/, "a Git LFS pointer, not the file itself: run git lfs pull"],
  [/^\s*(<!doctype html|<html|<head)/i, "an HTML page, as of a failed download: fetch it again"],
  [/^\s*<(\?xml|svg)/i, "an XML document, as of a failed download: fetch it again"],
  ["\x89PNG\r\n", "a PNG image"],
  ["\xff\xd8\xff", "a JPEG image"],
  [/^RIFF[^]{4}WEBP/, "a WebP image"],
  ["GIF8", "a GIF image"],
  [/^[^]{4}ftypavi[fs]/, "an AVIF image"],
  [/^[^]{4}ftyp(hei|hev|mif1)/, "a HEIC image"],
  [/^(II\*\0|MM\0\*)/, "a TIFF image"],
  [/^BM[^]{4}\0{4}/, "a BMP image"],
  ["%PDF", "a PDF document"],
  ["\x1f\x8b", "compressed by gzip: unpack it first"],
  ["BZh", "compressed by bzip2: unpack it first"],
  ["\xfd7zXZ", "compressed by xz: unpack it first"],
  ["\x28\xb5\x2f\xfd", "compressed by zstd: unpack it first"],
  ["7z\xbc\xaf", "a 7z archive: unpack it first"],
  ["Rar!", "a RAR archive: unpack it first"],
  [/^[^]{257}ustar/, "a tar archive: unpack it first"],
  ["\x89HDF", "an HDF5 file, as of Keras"],
  ["GGUF", "a GGUF file"],
  [/^\s*[[{]\s*["\]}\d[{]/, "JSON text"],
];

/** Bytes at the start of a file by which its content is told. */
export const HEAD_BYTES = 512;

/**
 * What a file that is in none of our formats is instead; null where that is not known.
 *
 * @param head its first {@link HEAD_BYTES} bytes, or all of it where it has fewer
 */
export function foreignContent(head: Uint8Array): string | null {
  if (head.length === 0) return "empty: it has 0 bytes";
  const text = String.fromCharCode(...head.subarray(0, HEAD_BYTES));
  const matches = (begin: RegExp | string) =>
    typeof begin === "string" ? text.startsWith(begin) : begin.test(text);
  return FOREIGN.find(([begin]) => matches(begin))?.[1] ?? null;
}

/** The format that a file's first bytes are of; null where they are of none. */
export function contentKind(head: Uint8Array): "safetensors" | "zip" | "pickle" | "npy" | null {
  const text = String.fromCharCode(...head.subarray(0, 10));
  if (text.startsWith("PK\x03\x04")) return "zip";
  if (text.startsWith("\x93NUMPY")) return "npy";
  if (text[0] === "\x80" && text.charCodeAt(1) <= 5 && !/^[^]{8}\{/.test(text)) return "pickle";
  // The length of a header, below 2^32, then its JSON.
  return /^[^]{4}\0{4}\{/.test(text) ? "safetensors" : null;
}
