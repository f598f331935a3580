/** A worker that reads, decodes and crops image files, one at a time. */

import { decodeImage } from "../formats/image.ts";
import { centerCrop } from "./center_crop.ts";
import { planar } from "./planar.ts";

/** A file to decode. */
export interface DecodeRequest {
  /** The PNG or JPEG file. */
  path: string;
  /** Height and width to crop and resize to; null keeps the image's size. */
  image_size: number | null;
}

/** The reply: bytes `[3, H, W]`, or why the file cannot be decoded. */
export type DecodeReply =
  | { image: Uint8Array<ArrayBuffer>; width: number; height: number }
  | { problem: string };

// The worker's own global scope, whose types cannot be loaded together with the main thread's.
const scope = self as unknown as Pick<Worker, "onmessage" | "postMessage">;

scope.onmessage = ({ data: { path, image_size } }: MessageEvent<DecodeRequest>): void => {
  try {
    const image = decodeImage(Deno.readFileSync(path), path);
    const reply = image_size === null
      ? { image: planar(image), width: image.width, height: image.height }
      : { image: centerCrop(image, image_size), width: image_size, height: image_size };
    scope.postMessage(reply satisfies DecodeReply, [reply.image.buffer]);
  } catch (error) {
    const problem = error instanceof Error ? error.message : String(error);
    scope.postMessage({ problem } satisfies DecodeReply);
  }
};
