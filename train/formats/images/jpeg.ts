/** JPEG files, decoded by libjpeg: the pixels are Pillow's. */

import factory from "@jsquash/jpeg/codec/dec/mozjpeg_dec.js";
import { checkSize, type DecodedImage } from "./rgb_image.ts";
import { decodeCmykJpeg } from "./cmyk_jpeg.ts";
import { jpegHeader } from "./jpeg_header.ts";
import { orientationIn } from "./orientation.ts";
import { rgbOf } from "./rgb_of.ts";
import { type CodecFactory, type RgbaImage, WasmDecoder } from "./wasm_decoder.ts";

const libjpeg = new WasmDecoder(
  factory as unknown as CodecFactory<[isTurned: boolean]>,
  new URL(import.meta.resolve("npm:@jsquash/jpeg@1.6.0/codec/dec/mozjpeg_dec.wasm")),
);

/** libjpeg's warnings of pixels that are not what was stored; it decodes on, in grey or noise. */
const DAMAGE = /^(Premature end|Corrupt JPEG data: (?!\d+ extraneous bytes))/;

/**
 * Decodes a JPEG file: grey, YCbCr and RGB, baseline and progressive, of every subsampling; and
 * CMYK, see `decodeCmykJpeg`.
 *
 * @throws {Error} where it is damaged, cut off or too large
 */
export async function decodeJpeg(bytes: Uint8Array): Promise<DecodedImage> {
  const header = jpegHeader(bytes);
  checkSize(header.width, header.height);
  if (!header.isWhole) throw new Error("the end of the image is missing");
  const orientation = orientationIn(header.exif);
  if (header.components === 4) {
    return { ...await decodeCmykJpeg(bytes, header, decodeComponents), orientation };
  }
  const { width, height, data } = await decodeComponents(bytes);
  return { width, height, rgb: rgbOf(data, null), orientation };
}

/** Decodes grey and three components, as they are stored or as YCbCr. */
async function decodeComponents(bytes: Uint8Array): Promise<RgbaImage> {
  const { image, warnings } = await libjpeg.decode(bytes, false);
  const damage = warnings.find((line) => DAMAGE.test(line));
  if (damage || !image) throw new Error(damage ?? "libjpeg gives no image");
  return image;
}
