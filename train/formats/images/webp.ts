/** WebP files, decoded by libwebp: the pixels are Pillow's. */

import factory from "@jsquash/webp/codec/dec/webp_dec.js";
import { checkSize, type DecodedImage, UnsupportedImage } from "./rgb_image.ts";
import { orientationIn } from "./orientation.ts";
import { type Rgb, rgbOf } from "./rgb_of.ts";
import { type CodecFactory, WasmDecoder } from "./wasm_decoder.ts";
import { webpHeader } from "./webp_header.ts";

const libwebp = new WasmDecoder(
  factory as unknown as CodecFactory<[]>,
  new URL(import.meta.resolve("npm:@jsquash/webp@1.5.0/codec/dec/webp_dec.wasm")),
);

/**
 * Decodes a still WebP file, lossy or lossless.
 *
 * @throws {Error} where it is animated, damaged, cut off or too large
 */
export async function decodeWebp(bytes: Uint8Array, background: Rgb | null): Promise<DecodedImage> {
  const header = webpHeader(bytes);
  checkSize(header.width, header.height);
  if (header.isAnimated) throw new UnsupportedImage("it is animated, save one of its frames");
  const { image } = await libwebp.decode(bytes);
  if (!image) throw new Error("libwebp finds its data damaged");
  const { width, height, data } = image;
  const rgb = rgbOf(data, background);
  return { width, height, rgb, orientation: orientationIn(header.exif) };
}
