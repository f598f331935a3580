import { jsonLines } from "../files/json_lines.ts";

/**
 * When the steps of a run that was logged before were done, seconds since 1970. A log counts seconds
 * from each start of its program: they are added up, and the last line is as old as the file.
 */
export class RunClock {
  readonly #steps: number[] = [];
  readonly #seconds: number[] = [];
  #start = 0;

  private constructor() {}

  /** The clock of a log. */
  static async of(log: string): Promise<RunClock> {
    const clock = new RunClock();
    const { mtime } = await Deno.stat(log);
    let [total, before] = [0, 0];
    for await (const lines of jsonLines(log)) {
      for (const { step, seconds } of lines) {
        if (typeof step !== "number" || typeof seconds !== "number") continue;
        total += seconds < before ? seconds : seconds - before;
        before = seconds;
        clock.#steps.push(step);
        clock.#seconds.push(total);
      }
    }
    clock.#start = (mtime?.getTime() ?? Date.now()) / 1000 - total;
    return clock;
  }

  /** When `step` was done, or the first logged step after it. */
  at(step: number): number {
    let [low, high] = [0, this.#steps.length - 1];
    while (low < high) {
      const middle = (low + high) >> 1;
      if (this.#steps[middle] < step) low = middle + 1;
      else high = middle;
    }
    return this.#start + (this.#seconds[low] ?? 0);
  }
}
