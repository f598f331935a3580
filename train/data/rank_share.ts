import { counted } from "../../engine/counted.ts";
import type { Config } from "../config/config.ts";
import { UsageError } from "../config/usage_error.ts";

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
export function withAllParts(config: Config, size: number): Config {
  const { train } = config;
  return { ...config, train: { ...train, micro_batches: size * train.micro_batches } };
}

/**
 * Checks that a batch can be divided among processes, each of which divides its share into
 * micro-batches.
 *
 * @throws {UsageError} naming what fits
 */
export function mustDivide(
  { batch_size, micro_batches }: { readonly batch_size: number; readonly micro_batches: number },
  size: number,
): void {
  const parts = size * micro_batches;
  if (batch_size % parts === 0) return;
  const below = Math.floor(batch_size / parts) * parts;
  const fitting = below > 0 ? `${below} or ${below + parts}` : `${parts}`;
  const each = micro_batches > 1
    ? `, in ${counted(micro_batches, "micro-batch", "micro-batches")} each`
    : "";
  throw new UsageError(
    `train.batch_size: a batch of ${batch_size} cannot be divided among ${
      counted(size, "process", "processes")
    }${each}; take ${fitting}`,
  );
}
