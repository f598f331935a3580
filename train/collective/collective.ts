/**
 * What several processes that train together do with each other: the ranks of a job. Every method is
 * called by all ranks, in the same order.
 * @category Training
 */
export interface Collective {
  /** The number of this process, from 0. */
  readonly rank: number;
  /** How many processes there are. */
  readonly size: number;
  /**
   * Adds the values of all ranks element by element, always in the order of the ranks, so that the
   * sums are the same bits on every rank and in every run.
   *
   * @param values as many on every rank, a multiple of `size`
   * @param total takes the sums
   */
  sum(values: Float32Array, total: Float32Array): Promise<void>;
  /** Replaces `bytes`, as many on every rank, by those of rank 0. */
  broadcast(bytes: Uint8Array): Promise<void>;
  /** The bytes of all ranks, in their order, as many as each has. */
  gather(bytes: Uint8Array): Promise<Uint8Array[]>;
  /** Waits until all ranks are here. */
  barrier(): Promise<void>;
}

/**
 * One process: there is nobody to wait for.
 * @category Training
 */
export const ONE_PROCESS: Collective = {
  rank: 0,
  size: 1,
  sum: (values, total) => Promise.resolve(total.set(values)),
  broadcast: () => Promise.resolve(),
  gather: (bytes) => Promise.resolve([bytes]),
  barrier: () => Promise.resolve(),
};
