/** A worker that reads, decodes and crops the pictures it is sent, one at a time. */

import { decodePicture } from "../formats/picture.ts";
import { centerCrop } from "./center_crop.ts";

/** What the worker is asked for. */
export interface DecodeRequest {
  path: string;
  image_size: number;
}

/** What it answers: `[3, H, W]` bytes, or what was wrong with the file. */
export type DecodeReply = { square: Uint8Array<ArrayBuffer> } | { problem: string };

// The worker's own global scope, whose types cannot be loaded beside those of the main thread.
const scope = self as unknown as Pick<Worker, "onmessage" | "postMessage">;

scope.onmessage = ({ data }: MessageEvent<DecodeRequest>): void => {
  try {
    const square = centerCrop(
      decodePicture(Deno.readFileSync(data.path), data.path),
      data.image_size,
    );
    scope.postMessage({ square } satisfies DecodeReply, [square.buffer]);
  } catch (error) {
    const problem = error instanceof Error ? error.message : String(error);
    scope.postMessage({ problem } satisfies DecodeReply);
  }
};
