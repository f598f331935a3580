import type { HostArray } from "../../engine/mod.ts";
import type { Conditioning } from "../../nets/conditioning.ts";
import {
  conditionInputs,
  type ConditionRows,
  conditionRows,
  unconditionalRow,
  withDropped,
} from "../../nets/conditions.ts";
import { isAutoencoderRun, type RunConfig } from "../config/autoencoder_run_config.ts";
import type { Batch } from "./batches.ts";
import { batchConditioning } from "./captions/batch_conditioning.ts";
import { DatasetError } from "./dataset.ts";
import { hash32 } from "./hash32.ts";
import { ALONE, type Rank, shareOf } from "./rank_share.ts";

/** Salt of the hash that drops conditions. */
const DROP = 3;

/**
 * The key that `drawnBatch` takes: sample `i` of the batch is sample `first + i`.
 * @category Data
 */
export function batchKey(seed: number, step: number, first: number): Uint32Array {
  return Uint32Array.of(seed, Math.floor(seed / 2 ** 32), step, first);
}

/**
 * The inputs of `drawnBatch`, of `drawnLatents` or of an autoencoder, for each micro-batch of step
 * `step` (from 0). A fraction `p_uncond` of the conditions is replaced by the one that stands for none.
 *
 * @param batch a whole batch; of several processes, the share of one
 * @param rank whose share it is; default the only one's
 * @category Data
 */
export function microBatches(
  config: RunConfig,
  batch: Batch,
  step: number,
  rank: Rank = ALONE,
): Record<string, HostArray>[] {
  const { images } = batch;
  const { seed, train } = config;
  const share = shareOf(train.batch_size, rank);
  const n = share.n / train.micro_batches;
  const p_uncond = isAutoencoderRun(config) ? 0 : config.train.p_uncond;
  const isDropped = (i: number) =>
    hash32(seed, DROP, step * train.batch_size + share.first + i) < p_uncond * 2 ** 32;
  const conditioning = batchConditioning(config);
  const conditions = conditionsOf(batch, conditioning, p_uncond > 0 ? isDropped : null);
  return Array.from({ length: train.micro_batches }, (_, part) => {
    const first = part * n;
    const itsOwn = <A extends Batch["images"] | ConditionRows>(values: A) => {
      const width = values.length / share.n;
      return values.subarray(first * width, (first + n) * width) as A;
    };
    return {
      ...images instanceof Uint8Array
        ? { images: words(itsOwn(images)) }
        : { moments: itsOwn(images) },
      key: batchKey(seed, step, share.first + first),
      ...conditionInputs(conditioning, conditions && itsOwn(conditions)),
    };
  });
}

/**
 * The conditions of a batch, some of them dropped; null for an unconditional network.
 *
 * @throws {DatasetError} where a network of texts has no captions
 */
function conditionsOf(
  batch: Batch,
  conditioning: Conditioning,
  isDropped: ((i: number) => boolean) | null,
): ConditionRows | null {
  if (conditioning.kind === "none") return null;
  const given = conditionRows(conditioning, batch);
  const none = unconditionalRow(conditioning, batch.none);
  if (!given || !none) {
    throw new DatasetError("a network of texts needs captions, and there are none");
  }
  return isDropped ? withDropped(given, none, isDropped) : given;
}

/** Bytes as words of four, in place where they are aligned and whole, else in a padded copy. */
export function words(bytes: Uint8Array<ArrayBuffer>): Uint32Array {
  const { buffer, byteOffset, length } = bytes;
  if (byteOffset % 4 === 0 && length % 4 === 0) {
    return new Uint32Array(buffer, byteOffset, length / 4);
  }
  const padded = new Uint8Array(Math.ceil(length / 4) * 4);
  padded.set(bytes);
  return new Uint32Array(padded.buffer);
}
