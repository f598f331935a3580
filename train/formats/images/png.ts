/** PNG files. */

import { decode, type DecodedPng } from "fast-png";
import { orientationIn } from "./orientation.ts";
import { over, type Rgb } from "./rgb_of.ts";
import { checkSize, type DecodedImage, UnsupportedImage } from "./rgb_image.ts";

const SIGNATURE_BYTES = 8;

/**
 * Decodes a PNG file: 16-bit samples are rounded to 8, grey becomes RGB.
 *
 * @param background what transparent pixels are put over; null drops their transparency.
 * @throws {Error} where it is damaged, unsupported or too large
 */
export function decodePng(bytes: Uint8Array, background: Rgb | null): DecodedImage {
  if (bytes.length < 33) throw new Error("it ends within its header");
  const header = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  checkSize(header.getUint32(16), header.getUint32(20));
  const depth = header.getUint8(24);
  const interlaced = header.getUint8(28) !== 0;
  if (interlaced && depth < 8) {
    throw new UnsupportedImage(`it is interlaced with ${depth} bits, save it without interlacing`);
  }
  if (!hasEnd(bytes)) throw new Error("it ends early");
  const png = decode(bytes, { checkCrc: true });
  const orientation = orientationIn(exifOf(bytes));
  return { width: png.width, height: png.height, rgb: colours(png, background), orientation };
}

function colours(png: DecodedPng, background: Rgb | null): Uint8Array {
  const { channels, palette } = png;
  const pixels = png.width * png.height;
  const samples = unpack(png);
  const full = 2 ** png.depth - 1;
  const rgb = new Uint8Array(pixels * 3);
  // A palette next to true colour is only a hint for old displays.
  const indexed = channels === 1 && palette;
  const own = channels < 3 ? 1 : 3;
  const key = !indexed && channels === own ? png.transparency : undefined;
  for (let p = 0; p < pixels; p++) {
    const at = p * channels;
    const entry = indexed ? palette[samples[at]] : null;
    if (indexed && !entry) throw new Error(`its palette has no colour ${samples[at]}`);
    let alpha = 1;
    if (background) {
      if (entry) alpha = (entry[3] ?? 255) / 255;
      else if (channels > own) alpha = samples[at + own] / full;
      else if (key?.every((value, c) => samples[at + c] === value)) alpha = 0;
    }
    for (let c = 0; c < 3; c++) {
      const colour = entry ? entry[c] : samples[at + c % own] * 255 / full;
      rgb[p * 3 + c] = over(colour, alpha, background?.[c] ?? 0);
    }
  }
  return rgb;
}

/** One value per sample, `[H, W, channels]`, where the file packs several into a byte. */
function unpack({ width, height, channels, depth, data }: DecodedPng): Uint8Array | Uint16Array {
  if (depth >= 8) return data instanceof Uint8ClampedArray ? new Uint8Array(data) : data;
  const row = width * channels;
  const rowBytes = Math.ceil(row * depth / 8);
  const samples = new Uint8Array(row * height);
  for (let i = 0; i < samples.length; i++) {
    const bit = (i % row) * depth;
    const byte = data[Math.floor(i / row) * rowBytes + (bit >> 3)];
    samples[i] = (byte >> (8 - depth - (bit & 7))) & (2 ** depth - 1);
  }
  return samples;
}

/** Whether chunk follows chunk up to the last. */
function hasEnd(bytes: Uint8Array): boolean {
  return chunks(bytes).some(({ name, isWhole }) => name === "IEND" && isWhole);
}

/** The payload of the EXIF chunk. */
function exifOf(bytes: Uint8Array): Uint8Array | null {
  return chunks(bytes).find(({ name }) => name === "eXIf")?.data ?? null;
}

/** The chunks in order; the last is not whole where the file is cut. */
function chunks(bytes: Uint8Array): { name: string; data: Uint8Array; isWhole: boolean }[] {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const found = [];
  for (let at = SIGNATURE_BYTES; at + 8 <= bytes.length;) {
    const length = view.getUint32(at);
    const name = String.fromCharCode(...bytes.subarray(at + 4, at + 8));
    const data = bytes.subarray(at + 8, at + 8 + length);
    at += 12 + length;
    found.push({ name, data, isWhole: at <= bytes.length });
  }
  return found;
}
