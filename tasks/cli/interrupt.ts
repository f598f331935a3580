/** Turns the first Ctrl-C (or SIGTERM) into an abort signal; the second ends the process. */
export class Interrupt implements Disposable {
  readonly #controller = new AbortController();
  readonly #signals: Deno.Signal[] = Deno.build.os === "windows"
    ? ["SIGINT"]
    : ["SIGINT", "SIGTERM"];
  readonly #listener: () => void;

  /** Starts to listen; `onFirst` is called at the first. */
  constructor(onFirst: () => void) {
    this.#listener = () => {
      if (this.#controller.signal.aborted) Deno.exit(130);
      this.#controller.abort();
      onFirst();
    };
    for (const signal of this.#signals) Deno.addSignalListener(signal, this.#listener);
  }

  /** Aborted at the first. */
  get signal(): AbortSignal {
    return this.#controller.signal;
  }

  /** Stops listening. */
  [Symbol.dispose](): void {
    for (const signal of this.#signals) Deno.removeSignalListener(signal, this.#listener);
  }
}
