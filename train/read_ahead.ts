/**
 * Steps that may be submitted before the loop waits for the device.
 * @category Training
 */
export const MAX_AHEAD = 64;
/** Seconds of work that may be submitted before the loop waits for the device. */
const SECONDS_AHEAD = 0.4;

/** How far the loop is ahead of the device, by the time that the last steps took. */
export class ReadAhead {
  #since: number = performance.now();
  #submitted = 0;
  #seconds_per_step = Infinity;

  /** @param most steps that may be submitted before they are read */
  constructor(readonly most: number) {}

  /** Counts a step that was submitted. */
  submitted(): void {
    this.#submitted++;
  }

  /** Whether it is time to wait for the device; always after the very first step. */
  get isFull(): boolean {
    return this.#submitted >= this.most || this.#submitted * this.#seconds_per_step > SECONDS_AHEAD;
  }

  /** All submitted steps were read. @returns steps per second; NaN the first time, which compiles */
  read(): number {
    const isFirst = this.#seconds_per_step === Infinity;
    this.#seconds_per_step = (performance.now() - this.#since) / 1000 / this.#submitted;
    this.#submitted = 0;
    return isFirst ? NaN : 1 / this.#seconds_per_step;
  }

  /** Starts the clock again, after whatever was done between two groups of steps. */
  resume(): void {
    this.#since = performance.now();
  }
}
