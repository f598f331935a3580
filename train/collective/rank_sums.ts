import type { Device, State } from "../../engine/mod.ts";
import type { Collective } from "./collective.ts";

/**
 * What a rank adds up over its micro-batches.
 * @category Training
 */
export interface StepSums {
  /** Of the gradients. */
  readonly grad: State;
  /** Of the losses. */
  readonly loss: State;
}

/** Values of a tail after the gradient: the loss, and a stop flag. */
const TAIL = 2;

/**
 * Replaces what each rank has added up over its micro-batches by the sums over all ranks, which are
 * what one process adds up over all micro-batches, to the bit. The values go to MPI straight from the
 * mapped memory. A stop flag travels with them, so that all ranks stop after the same step.
 * @category Training
 */
export class RankSums implements Disposable {
  readonly #device: Device;
  readonly #sums: StepSums;
  readonly #states: readonly State[];
  readonly #collective: Collective;
  /** For each segment of the gradient; the last has the tail. */
  readonly #staging: readonly GPUBuffer[];
  readonly #total: Float32Array<ArrayBuffer>;

  /**
   * Allocates what the exchange takes.
   *
   * @param sums of the plans of a training step
   * @param states what is equal on all ranks
   */
  constructor(
    device: Device,
    sums: StepSums,
    states: readonly State[],
    collective: Collective,
  ) {
    this.#device = device;
    this.#sums = sums;
    this.#states = states;
    this.#collective = collective;
    const { size } = collective;
    const { lengths } = sums.grad;
    const padded = lengths.map((length, i) =>
      Math.ceil((length + (i === lengths.length - 1 ? TAIL : 0)) / size) * size
    );
    this.#total = new Float32Array(Math.max(...padded));
    const usage = GPUBufferUsage.MAP_READ | GPUBufferUsage.COPY_DST;
    this.#staging = padded.map((n, i) => device.createBuffer(4 * n, usage, `gradient[${i}]`));
  }

  /**
   * Exchanges the sums of a step, after its micro-batches and before its update.
   *
   * @param stop whether this rank asks all to stop after the step
   * @returns whether any rank does
   */
  async exchange(stop: boolean): Promise<boolean> {
    const { gpu } = this.#device;
    const { grad, loss } = this.#sums;
    const last = grad.lengths.length - 1;
    const tail = grad.lengths[last];
    gpu.queue.writeBuffer(this.#staging[last], 4 * (tail + 1), Float32Array.of(stop ? 1 : 0));
    const encoder = gpu.createCommandEncoder();
    grad.buffers.forEach((buffer, i) => {
      encoder.copyBufferToBuffer(buffer, 0, this.#staging[i], 0, 4 * grad.lengths[i]);
    });
    encoder.copyBufferToBuffer(loss.buffers[0], 0, this.#staging[last], 4 * tail, 4);
    this.#device.submit(encoder.finish());
    for (const [i, staging] of this.#staging.entries()) {
      const values = new Float32Array(await this.#device.map(staging));
      const total = this.#total.subarray(0, values.length);
      await this.#collective.sum(values, total);
      staging.unmap();
      gpu.queue.writeBuffer(grad.buffers[i], 0, total, 0, grad.lengths[i]);
      if (i < last) continue;
      gpu.queue.writeBuffer(loss.buffers[0], 0, total, tail, 1);
    }
    return this.#total[tail + 1] > 0;
  }

  /** Replaces the states of each rank by those of rank 0. */
  async broadcast(): Promise<void> {
    for (const buffer of this.#buffers()) {
      const bytes = new Uint8Array(await this.#device.read(buffer));
      await this.#collective.broadcast(bytes);
      this.#device.gpu.queue.writeBuffer(buffer, 0, bytes);
    }
  }

  /**
   * Compares the states of all ranks, bit by bit; where any differ, all get those of rank 0. Adapters
   * of different kinds round differently: the same update may leave other bits.
   *
   * @returns the ranks whose states differed, on every rank
   */
  async mend(): Promise<number[]> {
    const digests: Uint8Array[] = [];
    for (const buffer of this.#buffers()) {
      const bytes = await this.#device.read(buffer);
      digests.push(new Uint8Array(await crypto.subtle.digest("SHA-256", bytes)));
    }
    const all = await this.#collective.gather(Uint8Array.from(digests.flatMap((d) => [...d])));
    const differs = (digest: Uint8Array) => digest.some((byte, i) => byte !== all[0][i]);
    const ranks = all.flatMap((digest, rank) => differs(digest) ? [rank] : []);
    if (ranks.length > 0) await this.broadcast();
    return ranks;
  }

  #buffers(): readonly GPUBuffer[] {
    return this.#states.flatMap(({ buffers }) => buffers);
  }

  /** Frees the staging buffers. */
  [Symbol.dispose](): void {
    for (const buffer of this.#staging) this.#device.destroyBuffer(buffer);
  }
}
