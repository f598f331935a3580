/** JPEG files of four print colours, which libjpeg as it is compiled here does not take. */

import type { JpegHeader } from "./jpeg_header.ts";
import type { RgbImage } from "./rgb_image.ts";
import { splitInks } from "./split_inks.ts";
import type { RgbaImage } from "./wasm_decoder.ts";

const YCCK = 2;

/**
 * Decodes a CMYK or YCCK JPEG as Pillow converts it to RGB: inks are stored inverted, as Adobe does,
 * and multiplied by black; no colour profile is applied.
 *
 * @param decode decodes a JPEG of three components
 * @throws {Error} where it is damaged
 */
export async function decodeCmykJpeg(
  bytes: Uint8Array,
  { adobe_transform }: JpegHeader,
  decode: (bytes: Uint8Array) => Promise<RgbaImage>,
): Promise<RgbImage> {
  const isYcck = adobe_transform === YCCK;
  const { colours, black, at } = splitInks(bytes, isYcck);
  const { width, height, data } = await decode(colours);
  const { data: blackData } = await decode(black);
  const rgb = new Uint8Array(width * height * 3);
  for (let from = 0, to = 0; to < rgb.length; from += 4) {
    const light = blackData[from + at];
    for (let c = 0; c < 3; c++) {
      const ink = isYcck ? data[from + c] : 255 - data[from + c];
      // Pillow's integers for light x (255 - ink) / 255.
      const product = ink * light + 128;
      rgb[to++] = light - ((product + (product >> 8)) >> 8);
    }
  }
  return { width, height, rgb };
}
