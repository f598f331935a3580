/** Images as files: PNG and JPEG in, PNG out. */

import { UserError } from "../../engine/user_error.ts";
import { decode as decodePngFile, type DecodedPng, encode as encodePngFile } from "fast-png";
import { decode as decodeJpegFile } from "jpeg-js";

/** A decoded image. */
export interface RgbImage {
  /** Pixels per row. */
  width: number;
  /** Rows. */
  height: number;
  /** `[height, width, 3]`, 0 to 255. */
  rgb: Uint8Array;
}

/** An image cannot be decoded or encoded; the message names it and the problem. */
export class ImageError extends UserError {
  /** The class's name. */
  override readonly name: string = "ImageError";
}

const MAX_PIXELS = 100_000_000;
const MAX_JPEG_MEGABYTES = 1024;
const PNG_SIGNATURE = [0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a];
const JPEG_SIGNATURE = [0xff, 0xd8, 0xff];

/**
 * Decodes a PNG or JPEG file, recognised by its first bytes. Transparent pixels are composited over
 * black, as the colour under full transparency is undefined; 16-bit samples are rounded to 8; grey
 * becomes RGB. Colour profiles and EXIF orientation are not applied.
 *
 * @param source what to call the file in an error, its path for instance.
 * @throws {ImageError} when it is neither, damaged, unsupported, or over 100 megapixels.
 */
export function decodeImage(bytes: Uint8Array, source: string): RgbImage {
  const decode = startsWith(bytes, PNG_SIGNATURE)
    ? decodePng
    : startsWith(bytes, JPEG_SIGNATURE)
    ? decodeJpeg
    : null;
  if (!decode) throw new ImageError(`${source} is neither a PNG nor a JPEG image`);
  try {
    return decode(bytes);
  } catch (error) {
    // The decoders quote the file's own bytes, line breaks included.
    const problem = String(error instanceof Error ? error.message : error).replace(/\p{Cc}/gu, "?");
    throw new ImageError(`${source} cannot be decoded, it may be damaged: ${problem}`);
  }
}

/**
 * Encodes `[H, W, 3]` bytes as an 8-bit RGB PNG.
 *
 * @throws {ImageError} when `rgb` does not hold width x height pixels.
 */
export function encodePng(rgb: Uint8Array, width: number, height: number): Uint8Array {
  if (rgb.length !== width * height * 3 || rgb.length === 0) {
    throw new ImageError(`${rgb.length} bytes are not an RGB image of ${width} x ${height}`);
  }
  return encodePngFile({ width, height, data: rgb, channels: 3, depth: 8 });
}

function decodePng(bytes: Uint8Array): RgbImage {
  if (bytes.length < 33) throw new Error("it ends within its header");
  const header = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  checkSize(header.getUint32(16), header.getUint32(20));
  const depth = header.getUint8(24);
  const interlaced = header.getUint8(28) !== 0;
  if (interlaced && depth < 8) {
    throw new Error(`interlaced ${depth}-bit PNG is not supported, save it without interlacing`);
  }
  const png = decodePngFile(bytes, { checkCrc: true });
  const { width, height, channels, palette } = png;
  const samples = unpack(png);
  const full = 2 ** png.depth - 1;
  const rgb = new Uint8Array(width * height * 3);
  // A palette next to true colour is only a hint for old displays.
  const indexed = channels === 1 && palette;
  const colours = channels < 3 ? 1 : 3;
  const key = !indexed && channels === colours ? png.transparency : undefined;
  for (let p = 0; p < width * height; p++) {
    const at = p * channels;
    if (indexed) {
      const colour = palette[samples[at]];
      if (!colour) throw new Error(`its palette has no colour ${samples[at]}`);
      const alpha = (colour[3] ?? 255) / 255;
      for (let c = 0; c < 3; c++) rgb[p * 3 + c] = Math.round(colour[c] * alpha);
      continue;
    }
    let alpha = channels > colours ? samples[at + colours] / full : 1;
    if (key && key.every((value, c) => samples[at + c] === value)) alpha = 0;
    for (let c = 0; c < 3; c++) {
      rgb[p * 3 + c] = Math.round(samples[at + c % colours] * 255 / full * alpha);
    }
  }
  return { width, height, rgb };
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

function decodeJpeg(bytes: Uint8Array): RgbImage {
  const { width, height, data } = decodeJpegFile(bytes, {
    useTArray: true,
    formatAsRGBA: false,
    tolerantDecoding: false,
    maxResolutionInMP: MAX_PIXELS / 1e6,
    maxMemoryUsageInMB: MAX_JPEG_MEGABYTES,
    ...(storesRgb(bytes) ? { colorTransform: false } : {}),
  });
  checkSize(width, height);
  return { width, height, rgb: data };
}

/** Whether an Adobe segment says that the components are RGB already; the decoder ignores it. */
function storesRgb(bytes: Uint8Array): boolean {
  const APP14 = 0xee;
  const SCAN = 0xda;
  let at = 2;
  while (bytes[at] === 0xff && bytes[at + 1] !== SCAN) {
    const isAdobe = bytes[at + 1] === APP14 &&
      startsWith(bytes.subarray(at + 4), [0x41, 0x64, 0x6f, 0x62, 0x65]);
    if (isAdobe) return bytes[at + 15] === 0;
    at += 2 + (bytes[at + 2] << 8 | bytes[at + 3]);
  }
  return false;
}

function checkSize(width: number, height: number): void {
  if (width < 1 || height < 1) throw new Error(`its size is ${width} x ${height}`);
  if (width * height > MAX_PIXELS) {
    throw new Error(`${width} x ${height} is more than ${MAX_PIXELS / 1e6} megapixels`);
  }
}

function startsWith(bytes: Uint8Array, signature: number[]): boolean {
  return signature.every((byte, i) => bytes[i] === byte);
}
