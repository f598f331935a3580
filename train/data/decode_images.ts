/** Decoding many files of images at once, in workers, without holding more than a few. */

import { availableParallelism } from "node:os";
import type { DecodeReply, DecodeRequest } from "./decode_worker.ts";

/** A decoded file: its pixels as bytes `[3, H, W]`, or what is wrong with it. */
export type DecodedFile = { readonly path: string } & DecodeReply;

/** Files that each worker may be ahead. */
const AHEAD = 4;

/**
 * Decodes files of images as RGB, in as many workers as there are cores, and yields them in the
 * order given. With `image_size` they are cropped and resized to that many pixels squared (see
 * `centerCrop`); with null they are as large as they are.
 */
export async function* decodeImages(
  paths: readonly string[],
  { image_size }: { image_size: number | null },
): AsyncGenerator<DecodedFile> {
  const count = Math.min(availableParallelism(), paths.length);
  const workers = Array.from({ length: count }, () => new Decoder());
  try {
    const replies: Promise<DecodeReply>[] = [];
    for (let i = 0; i < paths.length; i++) {
      for (let k = i + replies.length; k < Math.min(paths.length, i + AHEAD * count); k++) {
        replies.push(workers[k % count].decode({ path: paths[k], image_size }));
      }
      yield { path: paths[i], ...await replies.shift()! };
    }
  } finally {
    for (const worker of workers) worker.terminate();
  }
}

/** A worker that answers requests one after another. */
class Decoder {
  readonly #worker = new Worker(new URL("./decode_worker.ts", import.meta.url), { type: "module" });
  readonly #waiting: { path: string; answer: (reply: DecodeReply) => void }[] = [];

  constructor() {
    this.#worker.onmessage = ({ data }: MessageEvent<DecodeReply>) =>
      this.#waiting.shift()?.answer(data);
    this.#worker.onerror = (event) => {
      event.preventDefault();
      for (const { path, answer } of this.#waiting.splice(0)) {
        answer({ problem: `an image decoder stopped at ${path}: ${event.message}` });
      }
    };
  }

  decode(request: DecodeRequest): Promise<DecodeReply> {
    return new Promise((answer) => {
      this.#waiting.push({ path: request.path, answer });
      this.#worker.postMessage(request);
    });
  }

  terminate(): void {
    this.#worker.terminate();
  }
}
