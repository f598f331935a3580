/** JPEG files of four print colours, which the other decoder refuses. */

import { decode } from "jpeg-js";
import { MAX_PIXELS, type RgbImage } from "./rgb_image.ts";
import type { JpegHeader } from "./jpeg_header.ts";

const MAX_MEGABYTES = 1024;
/** An Adobe segment that says CMYK: length, name, version, two flags, no colour transform. */
const ADOBE_CMYK = [0xff, 0xee, 0, 14, 0x41, 0x64, 0x6f, 0x62, 0x65, 0, 100, 0, 0, 0, 0, 0];

/**
 * Decodes a CMYK or YCCK JPEG as Pillow converts it to RGB: inks are stored inverted, as Adobe does,
 * and multiplied by black; no colour profile is applied. Within 2 levels of Pillow; where chroma is
 * subsampled it is repeated, not interpolated.
 *
 * @throws {Error} where it is damaged
 */
export function decodeCmykJpeg(bytes: Uint8Array, { isAdobe }: JpegHeader): RgbImage {
  // The decoder wants to be told what Pillow takes for granted.
  const file = isAdobe ? bytes : Uint8Array.of(0xff, 0xd8, ...ADOBE_CMYK, ...bytes.subarray(2));
  const { width, height, data } = decode(file, {
    useTArray: true,
    formatAsRGBA: false,
    tolerantDecoding: false,
    maxResolutionInMP: MAX_PIXELS / 1e6,
    maxMemoryUsageInMB: MAX_MEGABYTES,
  });
  return { width, height, rgb: data };
}
