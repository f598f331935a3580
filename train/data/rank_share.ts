import { type RunConfig, withBatch } from "../config/autoencoder_run_config.ts";

/**
 * One of several processes that train together.
 * @category Data
 */
export interface Rank {
  /** From 0. */
  readonly rank: number;
  /** How many there are. */
  readonly size: number;
}

/** The only process. */
export const ALONE: Rank = { rank: 0, size: 1 };

/** The samples of a global batch that are a rank's: `n` of them, from `first` on. */
export interface RankShare {
  readonly first: number;
  readonly n: number;
}

/** The share of a rank: the ranks' are consecutive. */
export function shareOf(batch_size: number, { rank, size }: Rank): RankShare {
  const n = batch_size / size;
  return { first: rank * n, n };
}

/**
 * The configuration by which each of several processes plans its step: all micro-batches of the
 * global batch are counted, of which a rank has its share.
 */
export function withAllParts<C extends RunConfig>(config: C, size: number): C {
  return withBatch(config, { micro_batches: size * config.train.micro_batches });
}
