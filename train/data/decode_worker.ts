/** A worker that reads, decodes and crops the images it is sent, one at a time. */

import { decodeImage } from "../formats/image.ts";
import { centerCrop } from "./center_crop.ts";
import { planar } from "./planar.ts";

/** What the worker is asked for. */
export interface DecodeRequest {
  path: string;
  /** Height and width to crop and resize to; null leaves an image as large as it is. */
  image_size: number | null;
}

/** What it answers: bytes `[3, H, W]`, or what was wrong with the file. */
export type DecodeReply =
  | { image: Uint8Array<ArrayBuffer>; width: number; height: number }
  | { problem: string };

// The worker's own global scope, whose types cannot be loaded beside those of the main thread.
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
