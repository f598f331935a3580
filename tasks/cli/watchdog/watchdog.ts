/** A message to the watching thread. */
export type Message =
  | { readonly kind: "after"; readonly seconds: number }
  | { readonly kind: "begin"; readonly id: number; readonly what: string }
  | { readonly kind: "end"; readonly id: number };

/** What a process of several waits for. */
export const OTHERS = "the other processes";

/** Seconds without an answer before a line is printed. */
const AFTER = 60;

/**
 * Prints a line on standard error when the device, or {@linkcode OTHERS}, did not answer for long; it ends nothing. It
 * runs in a thread of its own, as a wait for the device can block the thread that waits.
 */
export class Watchdog implements Disposable {
  readonly #after: number;
  #worker: Worker | null = null;
  #last = 0;

  /** Watches nothing until `watch` is called. @param after seconds until the line */
  constructor(after: number = AFTER) {
    this.#after = after;
  }

  /** Watches a wait until it is disposed: the `onWait` of a device. */
  readonly watch = (what: string): Disposable => {
    const id = ++this.#last;
    this.#post({ kind: "begin", id, what });
    return { [Symbol.dispose]: () => this.#post({ kind: "end", id }) };
  };

  /** Stops watching. */
  [Symbol.dispose](): void {
    this.#worker?.terminate();
  }

  #post(message: Message): void {
    this.#worker ??= this.#start();
    this.#worker.postMessage(message);
  }

  #start(): Worker {
    const worker = new Worker(import.meta.resolve("./worker.ts"), { type: "module" });
    // If the watchdog fails, what it watches continues.
    worker.onerror = (event) => event.preventDefault();
    worker.postMessage({ kind: "after", seconds: this.#after } satisfies Message);
    return worker;
  }
}
