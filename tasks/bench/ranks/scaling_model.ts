import type { ExchangeTimes } from "./exchange_times.ts";

/** What a prediction follows from; all of it is measured on one adapter. */
export interface ScalingFacts {
  /** Values of each segment of the gradient; see `StateLayout`. */
  readonly lengths: readonly number[];
  /** The exchange of one process: what it takes besides the sum. */
  readonly alone: ExchangeTimes;
  /** Milliseconds of the sum of two ranks in one machine; null where it was not measured. */
  readonly pair_sum_ms: number | null;
  /** Milliseconds of a step with the whole batch, and with half of it. */
  readonly step_ms: number;
  readonly half_step_ms: number;
}

/** What connects the ranks. */
export interface Link {
  readonly name: string;
  /** Bytes per second that a rank sends, and receives at once; null: they share their memory. */
  readonly bytes_per_s: number | null;
}

/** The links that are predicted. */
export const LINKS: readonly Link[] = [
  { name: "within a box", bytes_per_s: null },
  ...[100, 25, 10, 1].map((gbit) => ({ name: `${gbit} Gbit/s`, bytes_per_s: gbit * 1e9 / 8 })),
];

/** The numbers of ranks that are predicted. */
export const RANKS: readonly number[] = [2, 4, 8, 16, 32, 64];

/** Seconds that a message is on its way besides its bytes: of a common network, by assumption. */
const LATENCY_S = 50e-6;

/** The loss and the stop flag that travel with the last segment; see `RankSums`. */
const TAIL = 2;

/**
 * Bytes that each of `n` ranks sends in a step, and receives: of each segment, padded to `n` equal parts,
 * every part but its own to the rank that adds it (all-to-all), then its sums to all others
 * (all-gather), which is `2 (n - 1) / n` of the gradient.
 */
export function bytesSent(lengths: readonly number[], n: number): number {
  return lengths.reduce((sum, length, i) => {
    const part = Math.ceil((length + (i === lengths.length - 1 ? TAIL : 0)) / n);
    return sum + 2 * (n - 1) * 4 * part;
  }, 0);
}

/**
 * Predicted milliseconds of the exchange of `n` ranks, none of which waits for another's work:
 *
 * `map + write + bytes(n) (host + 1 / link) + 2 (n - 1) latency` for each segment
 *
 * where `map` and `write` are one process's, `bytes(n)` is {@linkcode bytesSent}, `host` is what the
 * sum of two ranks takes here per byte that one of them sends (to copy it through MPI, and to add), and
 * `link` is the bandwidth that each rank has for itself: ranks that share a network card share it. The
 * network is taken to carry all ranks at once.
 */
export function exchangeMs(
  { lengths, alone, pair_sum_ms }: ScalingFacts,
  n: number,
  { bytes_per_s }: Link,
): number {
  if (n === 1) return 0;
  const bytes = bytesSent(lengths, n);
  // Without MPI here, adding is taken to cost what copying does.
  const host_ms = pair_sum_ms === null
    ? alone.sum_ms / (4 * lengths.reduce((a, b) => a + b))
    : pair_sum_ms / bytesSent(lengths, 2);
  const link_ms = bytes_per_s === null
    ? 0
    : 1000 * (bytes / bytes_per_s + 2 * (n - 1) * lengths.length * LATENCY_S);
  return alone.map_ms + alone.write_ms + bytes * host_ms + link_ms;
}

/**
 * Predicted milliseconds of a step of `n` ranks that share a batch: `update + images / n + exchange`,
 * where a step's time is taken to be linear in its images. An adapter that a small share does not fill
 * is slower than that.
 */
export function sharedStepMs(facts: ScalingFacts, n: number, link: Link): number {
  const { update_ms, images_ms } = partsOf(facts);
  return update_ms + images_ms / n + exchangeMs(facts, n, link);
}

/** The part of a step's time that does not depend on the images, and the one that grows with them. */
function partsOf(
  { step_ms, half_step_ms }: Pick<ScalingFacts, "step_ms" | "half_step_ms">,
): { readonly update_ms: number; readonly images_ms: number } {
  const images_ms = Math.min(step_ms, Math.max(0, 2 * (step_ms - half_step_ms)));
  return { update_ms: step_ms - images_ms, images_ms };
}

/** Predicted efficiency, images per second of `n` ranks over `n` times those of one. */
export interface Efficiency {
  /** Where the ranks share a batch of one size. */
  readonly shared: number;
  /** Where each has a batch of that size. */
  readonly own: number;
}

/** Predicted efficiency of `n` ranks. */
export function efficiency(facts: ScalingFacts, n: number, link: Link): Efficiency {
  const { step_ms } = facts;
  return {
    shared: step_ms / (n * sharedStepMs(facts, n, link)),
    own: step_ms / (step_ms + exchangeMs(facts, n, link)),
  };
}
