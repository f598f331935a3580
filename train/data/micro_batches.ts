import type { HostArray } from "../../engine/mod.ts";
import type { Config } from "../config/config.ts";
import type { Batch } from "./batches.ts";
import { DatasetError } from "./dataset.ts";
import { hash32 } from "./hash32.ts";

/** Salt of the hash that drops labels. */
const DROP = 3;

/**
 * The key that `drawnBatch` takes: sample `i` of the batch is sample `first + i`.
 * @category Data
 */
export function batchKey(seed: number, step: number, first: number): Uint32Array {
  return Uint32Array.of(seed, Math.floor(seed / 2 ** 32), step, first);
}

/**
 * The inputs of `drawnBatch` for each micro-batch of step `step` (from 0). A fraction `p_uncond` of
 * the labels is replaced by that of no class.
 *
 * @throws {DatasetError} where the images are floats, which the graph does not take yet
 * @category Data
 */
export function microBatches(
  { train, nnet, seed }: Config,
  { images, labels }: Batch,
  step: number,
): Record<string, HostArray>[] {
  if (!(images instanceof Uint8Array)) {
    throw new DatasetError("training takes images as bytes so far, and these are floats");
  }
  const n = train.batch_size / train.micro_batches;
  const width = images.length / train.batch_size;
  const conditional = nnet.num_classes > 0;
  return Array.from({ length: train.micro_batches }, (_, part) => {
    const first = part * n;
    const given = Int32Array.from(
      labels.subarray(first, first + n),
      (label, i) =>
        hash32(seed, DROP, step * train.batch_size + first + i) < train.p_uncond * 2 ** 32
          ? nnet.num_classes - 1
          : label,
    );
    return {
      images: words(images.subarray(first * width, (first + n) * width)),
      key: batchKey(seed, step, first),
      ...(conditional ? { labels: given } : {}),
    };
  });
}

/** Bytes as words of four, in place where they are aligned and whole, else in a padded copy. */
function words(bytes: Uint8Array<ArrayBuffer>): Uint32Array {
  const { buffer, byteOffset, length } = bytes;
  if (byteOffset % 4 === 0 && length % 4 === 0) {
    return new Uint32Array(buffer, byteOffset, length / 4);
  }
  const padded = new Uint8Array(Math.ceil(length / 4) * 4);
  padded.set(bytes);
  return new Uint32Array(padded.buffer);
}
