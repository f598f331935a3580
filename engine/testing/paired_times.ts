/** Work that can be repeated: does it `times` times, then waits once for all of them. */
export type Repeatable = (times: number) => Promise<void>;

/** Milliseconds of a series without a wait, beside which the 12 ms of the wait itself are small. */
const STRETCH_MS = 400;

/** Most runs of a series: all of them are queued at once. */
const MOST_RUNS = 64;

/**
 * Times contenders against each other: one untimed series of each, then in each round a series of
 * each in turn, so that a machine that slows down affects all of them.
 *
 * @returns milliseconds per run, by contender and round
 */
export async function pairedTimes(
  contenders: readonly Repeatable[],
  rounds: number,
): Promise<number[][]> {
  const runs: number[] = [];
  for (const run of contenders) {
    const one = await milliseconds(run, 1);
    const few = Math.min(4, Math.ceil(STRETCH_MS / one));
    const each = await milliseconds(run, few) / few;
    runs.push(Math.max(1, Math.min(MOST_RUNS, Math.round(STRETCH_MS / each))));
  }
  const times: number[][] = contenders.map(() => []);
  for (let round = 0; round < rounds; round++) {
    for (const [i, run] of contenders.entries()) {
      times[i].push(await milliseconds(run, runs[i]) / runs[i]);
    }
  }
  return times;
}

/** The median of some numbers. */
export function median(values: readonly number[]): number {
  const sorted = [...values].sort((a, b) => a - b);
  const half = sorted.length >> 1;
  return sorted.length % 2 === 1 ? sorted[half] : (sorted[half - 1] + sorted[half]) / 2;
}

async function milliseconds(run: Repeatable, times: number): Promise<number> {
  const start = performance.now();
  await run(times);
  return performance.now() - start;
}
