/** Decodes many image files in parallel, in workers, holding only a few of them in memory. */

import { availableParallelism } from "node:os";
import { DecoderError } from "../formats/image.ts";
import type { DecodedPixels, DecodeOptions, DecodeReply, DecodeRequest } from "./decode_worker.ts";

/** A decoded file: its pixels as bytes `[channels, H, W]`, or why it cannot be decoded. */
export type DecodedFile = { readonly path: string } & (DecodedPixels | { problem: string });

/** Files that each worker may have queued. */
const AHEAD = 4;

/**
 * Decodes image files in as many workers as there are cores, and yields them in the order given. By
 * default they are RGB, as stored (EXIF's orientation is not applied) and opaque.
 *
 * @throws {DecoderError} where no file of a format can be decoded, as its decoder cannot be loaded
 */
export async function* decodeImages(
  paths: readonly string[],
  { image_size, channels = 3, is_upright = false, crop, background = null }:
    & Pick<DecodeOptions, "image_size">
    & Partial<DecodeOptions>,
): AsyncGenerator<DecodedFile> {
  const options = { image_size, channels, is_upright, crop, background };
  const count = Math.min(availableParallelism(), paths.length);
  const workers = Array.from({ length: count }, () => new Decoder());
  try {
    const replies: Promise<DecodeReply>[] = [];
    for (let i = 0; i < paths.length; i++) {
      for (let k = i + replies.length; k < Math.min(paths.length, i + AHEAD * count); k++) {
        replies.push(workers[k % count].decode({ path: paths[k], ...options }));
      }
      const reply = await replies.shift()!;
      if ("failure" in reply) throw new DecoderError(reply.failure);
      yield { path: paths[i], ...reply };
    }
  } finally {
    for (const worker of workers) worker.terminate();
  }
}

/** A worker that replies to requests in their order. */
class Decoder {
  readonly #worker = new Worker(new URL("./decode_worker.ts", import.meta.url), { type: "module" });
  readonly #queue: { path: string; answer: (reply: DecodeReply) => void }[] = [];

  constructor() {
    this.#worker.onmessage = ({ data }: MessageEvent<DecodeReply>) =>
      this.#queue.shift()?.answer(data);
    this.#worker.onerror = (event) => {
      event.preventDefault();
      for (const { path, answer } of this.#queue.splice(0)) {
        answer({ failure: `an image decoder stopped at ${path}: ${event.message}` });
      }
    };
  }

  decode(request: DecodeRequest): Promise<DecodeReply> {
    return new Promise((answer) => {
      this.#queue.push({ path: request.path, answer });
      this.#worker.postMessage(request);
    });
  }

  terminate(): void {
    this.#worker.terminate();
  }
}
