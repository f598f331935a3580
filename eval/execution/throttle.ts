import type { Device } from "../../engine/mod.ts";

/** Runs and seconds of work that may wait on the device. */
const RUNS_AHEAD = 64;
const SECONDS_AHEAD = 1;

/**
 * Keeps the host a little ahead of the device, so that neither waits for the other, progress is true
 * and Ctrl-C is heard.
 */
export class Throttle {
  readonly #device: Device;
  #ahead = 0;
  #since = performance.now();
  /** Seconds per run, once known. */
  #seconds = Infinity;

  constructor(device: Device) {
    this.#device = device;
  }

  /** Called after each run submitted; now and then waits until all are done. */
  async submitted(): Promise<void> {
    const ahead = ++this.#ahead;
    if (ahead < RUNS_AHEAD && ahead * this.#seconds < SECONDS_AHEAD) return;
    await this.#device.idle();
    this.#seconds = (performance.now() - this.#since) / 1000 / ahead;
    // A turn of the event loop: the wait itself lets nothing else happen.
    await new Promise((resolve) => setTimeout(resolve, 0));
    this.#ahead = 0;
    this.#since = performance.now();
  }
}
