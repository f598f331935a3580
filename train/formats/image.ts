/** Images as files: PNG, JPEG and WebP in, PNG out. */

import { encode } from "fast-png";
import { UserError } from "../../engine/user_error.ts";
import { foreignContent } from "./foreign_content.ts";
import { DecoderError, loadDecoder } from "./images/load_decoder.ts";
import { decodePng } from "./images/png.ts";
import { type DecodedImage, type RgbImage, UnsupportedImage } from "./images/rgb_image.ts";
import type { Rgb } from "./images/rgb_of.ts";

export { DecoderError };
export type { DecodedImage, Rgb, RgbImage };

/**
 * An image cannot be decoded or encoded; the message names it and the problem.
 * @category Files
 */
export class ImageError extends UserError {
  /** The class's name. */
  override readonly name: string = "ImageError";
}

type Decode = (bytes: Uint8Array, background: Rgb | null) => DecodedImage | Promise<DecodedImage>;

interface Format {
  /** The first bytes; null: any. */
  readonly signature: readonly (number | null)[];
  readonly decoder: () => Decode | Promise<Decode>;
}

/** Those besides PNG are imported when a file needs them, so that their packages are, too. */
const FORMATS: readonly Format[] = [
  {
    signature: [0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a],
    decoder: () => decodePng,
  },
  {
    signature: [0xff, 0xd8, 0xff],
    decoder: async () =>
      (await loadDecoder<typeof import("./images/jpeg.ts")>("jpeg.ts")).decodeJpeg,
  },
  {
    signature: [0x52, 0x49, 0x46, 0x46, null, null, null, null, 0x57, 0x45, 0x42, 0x50],
    decoder: async () =>
      (await loadDecoder<typeof import("./images/webp.ts")>("webp.ts")).decodeWebp,
  },
];

/**
 * Decodes a PNG, JPEG or WebP file, recognised by its first bytes, to the pixels that Pillow's
 * `convert("RGB")` gives: JPEG as libjpeg decodes it, CMYK without its colour profile, grey as RGB.
 * 16-bit samples are rounded to 8. EXIF's orientation is returned, not applied: see `upright`.
 *
 * @param source what to call the file in an error, its path for instance.
 * @param options.background what transparent pixels are put over; null, the default, drops their
 * transparency, as `convert("RGB")` does.
 * @throws {ImageError} when it is none of these, damaged, unsupported, or over 100 megapixels.
 * @throws {DecoderError} when the decoder itself cannot be loaded.
 * @category Files
 */
export async function decodeImage(
  bytes: Uint8Array,
  source: string,
  { background = null }: { background?: Rgb | null } = {},
): Promise<DecodedImage> {
  const format = FORMATS.find(({ signature }) =>
    signature.every((byte, i) => byte === null || bytes[i] === byte)
  );
  if (!format) {
    const content = foreignContent(bytes);
    const instead = content ? `: it is ${content}` : "";
    throw new ImageError(`${source} is neither a PNG, a JPEG nor a WebP image${instead}`);
  }
  try {
    return await (await format.decoder())(bytes, background);
  } catch (error) {
    if (error instanceof DecoderError) throw error;
    // The decoders quote the file's own bytes, line breaks included.
    const problem = String(error instanceof Error ? error.message : error).replace(/\p{Cc}/gu, "?");
    const doubt = error instanceof UnsupportedImage ? "" : ", it may be damaged";
    throw new ImageError(`${source} cannot be decoded${doubt}: ${problem}`);
  }
}

/**
 * Encodes `[H, W, channels]` bytes as an 8-bit PNG, grey or RGB.
 *
 * @throws {ImageError} when `pixels` does not hold width x height pixels.
 * @category Files
 */
export function encodePng(
  pixels: Uint8Array,
  width: number,
  height: number,
  channels: 1 | 3 = 3,
): Uint8Array {
  if (pixels.length !== width * height * channels || pixels.length === 0) {
    const kind = channels === 1 ? "a grey" : "an RGB";
    throw new ImageError(`${pixels.length} bytes are not ${kind} image of ${width} x ${height}`);
  }
  return encode({ width, height, data: pixels, channels, depth: 8 });
}
