import { join } from "node:path";
import {
  decodeSafetensors,
  encodeSafetensors,
  SafetensorsError,
} from "../../../train/formats/safetensors.ts";
import { broadcastValue } from "../../../train/collective/broadcast_value.ts";
import { bytesOf } from "../../../train/collective/bytes_of.ts";
import { type Collective, ONE_PROCESS } from "../../../train/collective/collective.ts";
import type { Features } from "./inception_features.ts";
import type { ImageBatch } from "../../image_sets/image_set.ts";
import { replaceFile } from "../../../train/files/durable.ts";

/** Computes the features of a batch of images. */
export type Extract = (
  batch: ImageBatch,
  onProgress?: (done: number) => void,
) => Promise<Features>;

/** Where features are cached, and of what kind. */
export interface FeatureCacheOptions {
  readonly folder: string;
  /** What determines the features besides the images. */
  readonly variant: string;
  readonly logits: boolean;
  /** The processes that extract together; rank 0 alone has the folder. Default: one. */
  readonly collective?: Collective;
}

/** What ranks other than 0 have of features that are cached: they only help to extract them. */
const ELSEWHERE: Features = { pool: new Float32Array(), logits: null };

/**
 * The same features, cached in a folder: a file per batch, named by a hash of its pixels and of
 * `variant`. A damaged file, or one without the logits requested, is computed again.
 */
export function cachedFeatures(
  extract: Extract,
  { folder, variant, logits, collective = ONE_PROCESS }: FeatureCacheOptions,
): Extract {
  const isFirst = collective.rank === 0;
  return async (batch, onProgress) => {
    const file = isFirst ? join(folder, `${await keyOf(batch, variant)}.safetensors`) : "";
    const kept = isFirst ? await read(file, batch.n, logits) : null;
    if (await broadcastValue(collective, kept !== null)) {
      onProgress?.(batch.n);
      return kept ?? ELSEWHERE;
    }
    const features = await extract(batch, onProgress);
    if (isFirst) await write(file, features, batch.n);
    return features;
  };
}

async function keyOf({ images, n, height, width }: ImageBatch, variant: string): Promise<string> {
  return await sha256(
    new TextEncoder().encode(JSON.stringify([variant, n, height, width])),
    images,
  );
}

async function read(file: string, n: number, logits: boolean): Promise<Features | null> {
  try {
    const { tensors, metadata } = decodeSafetensors(await Deno.readFile(file), file);
    const { pool, logits: kept } = tensors;
    if (pool?.dtype !== "F32" || pool.shape[0] !== n) return null;
    if (kept && kept.dtype !== "F32" || logits && !kept) return null;
    const given = kept ? [pool.data, kept.data] : [pool.data];
    if (await sha256(...given.map(bytesOf)) !== metadata.sha256) return null;
    return { pool: pool.data, logits: kept?.data ?? null };
  } catch (error) {
    if (error instanceof SafetensorsError || error instanceof Deno.errors.NotFound) return null;
    throw error;
  }
}

async function write(file: string, { pool, logits }: Features, n: number): Promise<void> {
  const sums = logits ? [pool, logits] : [pool];
  const bytes = encodeSafetensors({
    pool: { dtype: "F32", shape: [n, pool.length / n], data: pool },
    ...logits
      ? { logits: { dtype: "F32" as const, shape: [n, logits.length / n], data: logits } }
      : {},
  }, { sha256: await sha256(...sums.map(bytesOf)) });
  await Deno.mkdir(join(file, ".."), { recursive: true });
  await replaceFile(file, bytes);
}

async function sha256(...parts: Uint8Array[]): Promise<string> {
  const all = new Uint8Array(await new Blob(parts as Uint8Array<ArrayBuffer>[]).arrayBuffer());
  return new Uint8Array(await crypto.subtle.digest("SHA-256", all)).toHex();
}
