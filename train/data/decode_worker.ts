/** A worker that reads, decodes and crops image files, one at a time. */

import { decodeImage, DecoderError, ImageError, type Rgb } from "../formats/image.ts";
import { upright } from "../formats/images/orientation.ts";
import { centerCrop } from "./center_crop.ts";
import { grey } from "./grey.ts";
import { lanczosSquare } from "./lanczos_square.ts";
import { planar } from "./planar.ts";

/** What is made of a decoded file. */
export interface DecodeOptions {
  /** Height and width to crop and resize to (see `centerCrop`); null keeps the image's size. */
  image_size: number | null;
  /** 3 colour; 1 grey, made of the colours before anything is resized. */
  channels: 1 | 3;
  /** Whether to turn images upright as their EXIF orientation says. */
  is_upright: boolean;
  /** How `image_size` is reached: `centerCrop` where absent, or `lanczosSquare`. */
  crop?: "lanczos";
  /** What transparent pixels are put over; null drops their transparency. */
  background: Rgb | null;
}

/** A file to decode, and how. */
export interface DecodeRequest extends DecodeOptions {
  /** The PNG, JPEG or WebP file. */
  path: string;
}

/** A decoded file. */
export interface DecodedPixels {
  /** `[channels, height, width]` bytes. */
  image: Uint8Array<ArrayBuffer>;
  /** Pixels per row. */
  width: number;
  /** Rows. */
  height: number;
  /** EXIF's orientation, 1 to 8, whether it was applied or not. */
  orientation: number;
}

/** The reply: an image, or why the file cannot be decoded, or why no file can. */
export type DecodeReply = DecodedPixels | { problem: string } | { failure: string };

// The worker's own global scope, whose types cannot be loaded together with the main thread's.
const scope = self as unknown as Pick<Worker, "onmessage" | "postMessage">;

// Replies follow one another in the order of the requests.
let last = Promise.resolve();
scope.onmessage = ({ data }: MessageEvent<DecodeRequest>): void => {
  last = last.then(async () => {
    const reply = await decoded(data);
    scope.postMessage(reply, "image" in reply ? [reply.image.buffer] : []);
  });
};

async function decoded({ path, ...options }: DecodeRequest): Promise<DecodeReply> {
  let bytes: Uint8Array;
  try {
    bytes = Deno.readFileSync(path);
  } catch (error) {
    return { problem: textOf(error) };
  }
  try {
    return await pixelsOf(bytes, path, options);
  } catch (error) {
    if (error instanceof ImageError) return { problem: error.message };
    return { failure: error instanceof DecoderError ? error.message : `${path}: ${textOf(error)}` };
  }
}

async function pixelsOf(
  bytes: Uint8Array,
  path: string,
  { image_size, channels, is_upright, crop, background }: DecodeOptions,
): Promise<DecodedPixels> {
  const stored = await decodeImage(bytes, path, { background });
  const { orientation } = stored;
  const shown = is_upright ? upright(stored, orientation) : stored;
  if (image_size !== null) {
    const image = crop === "lanczos"
      ? lanczosSquare(shown, image_size)
      : centerCrop(shown, image_size, channels);
    return { image, width: image_size, height: image_size, orientation };
  }
  const image = channels === 1 ? grey(shown.rgb) : planar(shown);
  return { image, width: shown.width, height: shown.height, orientation };
}

function textOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
