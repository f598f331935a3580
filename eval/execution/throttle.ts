import type { Device } from "../../engine/mod.ts";

/** The most runs, and seconds of work, that may be queued on the device. */
const RUNS_AHEAD = 64;
const SECONDS_AHEAD = 1;

/**
 * Limits how far the host runs ahead of the device: far enough that the device is never idle, near
 * enough that progress is accurate and Ctrl-C works.
 */
export class Throttle {
  readonly #device: Device;
  #ahead = 0;
  #since = performance.now();
  /** Seconds per run, once known. */
  #seconds = Infinity;

  /** Throttles the runs submitted to a device. */
  constructor(device: Device) {
    this.#device = device;
  }

  /** To be called after each submitted run; now and then waits until all are done. */
  async submitted(): Promise<void> {
    const ahead = ++this.#ahead;
    if (ahead < RUNS_AHEAD && ahead * this.#seconds < SECONDS_AHEAD) return;
    await this.#device.idle();
    this.#seconds = (performance.now() - this.#since) / 1000 / ahead;
    // Yields to the event loop, which the wait itself does not.
    await new Promise((resolve) => setTimeout(resolve, 0));
    this.#ahead = 0;
    this.#since = performance.now();
  }
}
