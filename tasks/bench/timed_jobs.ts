import { UserError } from "../../engine/user_error.ts";
import type { Job } from "./jobs.ts";
import type { Library, Runner } from "./library.ts";
import { median, pairedTimes } from "../../engine/testing/paired_times.ts";

/** How one library did a job. */
export interface Timing {
  readonly library: string;
  /** Milliseconds of a run, the median of the rounds. */
  readonly ms: number;
  /** Thousand millions of operations per second. */
  readonly gflops: number;
  /** Gigabytes per second, for jobs that memory bounds. */
  readonly gbs: number | null;
  /** Time over that of our engine, the median of the rounds; null for ours. */
  readonly ratio: number | null;
  /** Milliseconds from nothing to the first result: tracing and compiling. */
  readonly readyMs: number;
  readonly dispatches: number | null;
}

/** A row of the table. */
export interface TimedJob {
  readonly job: string;
  readonly timings: readonly Timing[];
}

/** Thrown where a library's result is wrong, so that no time of it counts. */
export class WrongResultError extends UserError {
  override readonly name = "WrongResultError";
}

/**
 * Times a job in every library, the first against the others, after checking what each of them
 * computes.
 *
 * @param onStart called with each library's name before it compiles, which can take a minute
 * @throws {WrongResultError} naming library, job and element
 */
export async function timedJob(
  job: Job,
  libraries: readonly Library[],
  rounds: number,
  onStart: (library: string) => void,
): Promise<TimedJob> {
  using runners = new DisposableStack();
  const expected = job.expected();
  const ready: { runner: Runner; readyMs: number }[] = [];
  for (const library of libraries) {
    onStart(library.name);
    const start = performance.now();
    const runner = runners.use(await job.start(library));
    const result = await runner.result();
    ready.push({ runner, readyMs: performance.now() - start });
    check(job, library.name, result, expected);
  }
  const times = await pairedTimes(ready.map(({ runner }) => (n) => runner.run(n)), rounds);
  const timings = libraries.map(({ name }, i): Timing => {
    const ms = median(times[i]);
    return {
      library: name,
      ms,
      gflops: job.flops / ms / 1e6,
      gbs: job.bytes === null ? null : job.bytes / ms / 1e6,
      ratio: i === 0 ? null : median(times[i].map((theirs, round) => theirs / times[0][round])),
      readyMs: ready[i].readyMs,
      dispatches: ready[i].runner.dispatches,
    };
  });
  return { job: job.name, timings };
}

function check(
  job: Job,
  library: string,
  result: Float32Array,
  expected: ReadonlyMap<number, number>,
): void {
  for (const [at, value] of expected) {
    if (!(Math.abs(result[at] - value) <= job.tolerance)) {
      throw new WrongResultError(
        `${library} computes ${job.name} wrong: element ${at} is ${result[at]}, not ${value}`,
      );
    }
  }
}
