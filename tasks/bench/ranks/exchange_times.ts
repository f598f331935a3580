import { type Device, type Shape, State } from "../../../engine/mod.ts";
import { median } from "../../../engine/testing/paired_times.ts";
import type { Collective } from "../../../train/collective/collective.ts";
import { RankSums } from "../../../train/collective/rank_sums.ts";

/**
 * What the exchange of a step's gradients takes where all ranks begin together, in ms: medians of the
 * rounds, and of each the rank that was fastest, which is the one that the others did not keep waiting.
 */
export interface ExchangeTimes {
  /** Copying the gradient to the staging buffer, and mapping that. */
  readonly map_ms: number;
  /** The sum over the ranks. */
  readonly sum_ms: number;
  /** Writing the sums back; where the gradient has more segments, mapping those too. */
  readonly write_ms: number;
}

/** All of it. */
export function allMs({ map_ms, sum_ms, write_ms }: ExchangeTimes): number {
  return map_ms + sum_ms + write_ms;
}

/** Does what another collective does, and notes when sums began and how long they took. */
class TimedSums implements Collective {
  readonly rank: number;
  readonly size: number;
  first_at: number | null = null;
  ms = 0;

  constructor(readonly inner: Collective) {
    this.rank = inner.rank;
    this.size = inner.size;
  }

  async sum(values: Float32Array, total: Float32Array): Promise<void> {
    const start = performance.now();
    this.first_at ??= start;
    await this.inner.sum(values, total);
    this.ms += performance.now() - start;
  }

  broadcast(bytes: Uint8Array): Promise<void> {
    return this.inner.broadcast(bytes);
  }

  gather(bytes: Uint8Array): Promise<Uint8Array[]> {
    return this.inner.gather(bytes);
  }

  barrier(): Promise<void> {
    return this.inner.barrier();
  }
}

/**
 * Times the exchange of gradients of these shapes, as a training step does it. Before each, the device
 * is idle and the ranks have met, so that nobody waits for work.
 */
export async function exchangeTimes(
  device: Device,
  shapes: Readonly<Record<string, Shape>>,
  collective: Collective,
  rounds: number,
): Promise<ExchangeTimes> {
  using grad = new State(device, shapes, "sums of gradients");
  using loss = new State(device, { loss: [] }, "sum of losses");
  const timed = new TimedSums(collective);
  using sums = new RankSums(device, { grad, loss }, [], timed);
  // Untimed: memory is touched for the first time.
  await sums.exchange(false);
  await device.idle();
  const rows: Float64Array[] = [];
  for (let round = 0; round < rounds; round++) {
    // To wait for an idle device takes time, too, which a step does not spend here.
    const idle_ms = await millisecondsOf(() => device.idle());
    await collective.barrier();
    [timed.first_at, timed.ms] = [null, 0];
    const start = performance.now();
    const host_ms = await millisecondsOf(() => sums.exchange(false));
    const device_ms = Math.max(0, await millisecondsOf(() => device.idle()) - idle_ms);
    const map_ms = timed.first_at! - start;
    const row = Float64Array.of(map_ms, timed.ms, host_ms - map_ms - timed.ms + device_ms);
    const all = await collective.gather(new Uint8Array(row.buffer));
    const ranks = all.map((bytes) => new Float64Array(bytes.slice().buffer));
    rows.push(row.map((_, part) => Math.min(...ranks.map((times) => times[part]))));
  }
  const [map_ms, sum_ms, write_ms] = [0, 1, 2].map((part) => median(rows.map((row) => row[part])));
  return { map_ms, sum_ms, write_ms };
}

async function millisecondsOf(work: () => Promise<unknown>): Promise<number> {
  const start = performance.now();
  await work();
  return performance.now() - start;
}
