/** Decodes many image files in parallel, in workers, holding only a few of them in memory. */

import { availableParallelism } from "node:os";
import type { DecodeReply, DecodeRequest } from "./decode_worker.ts";

/** A decoded file: its pixels as bytes `[3, H, W]`, or why it cannot be decoded. */
export type DecodedFile = { readonly path: string } & DecodeReply;

/** Files that each worker may have queued. */
const AHEAD = 4;

/**
 * Decodes image files as RGB, in as many workers as there are cores, and yields them in the
 * order given. With `image_size` they are resized and cropped to squares of that many pixels (see
 * `centerCrop`); with null they keep their size.
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
        answer({ problem: `an image decoder stopped at ${path}: ${event.message}` });
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
