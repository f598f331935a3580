/**
 * What asks a run to end: Ctrl-C, a supervisor, a terminal that is closed; and what mpirun and Slurm
 * pass on. Windows has no SIGTERM that one process sends another.
 */
const SIGNALS: readonly Deno.Signal[] = Deno.build.os === "windows"
  ? ["SIGINT", "SIGBREAK", "SIGHUP"]
  : ["SIGINT", "SIGTERM", "SIGHUP", "SIGUSR2"];

/** Two seconds, in turns of the event loop. */
const TURNS = 20;
const TURN_MS = 100;

/**
 * Turns the first signal into an abort signal. Whatever comes meanwhile changes nothing, as `deno
 * task` and a terminal send the same signal twice, with one exception: a second Ctrl-C, two seconds
 * after the first or later, ends the process at once.
 */
export class Interrupt implements Disposable {
  readonly #controller = new AbortController();
  readonly #listeners: readonly (readonly [Deno.Signal, () => void])[];
  readonly #onEnd: () => void;
  /** Turns until a Ctrl-C ends the process; null before the first. */
  #left: number | null = null;

  /**
   * Starts to listen.
   *
   * @param onFirst called at the first signal
   * @param onEnd called at the Ctrl-C that ends all; default: it ends the process
   */
  constructor(onFirst: () => void, onEnd: () => void = () => Deno.exit(130)) {
    this.#onEnd = onEnd;
    this.#listeners = SIGNALS.map((signal) => [signal, () => {
      if (signal === "SIGINT") this.#ctrlC();
      if (this.#controller.signal.aborted) return;
      this.#controller.abort();
      onFirst();
    }]);
    for (const [signal, listener] of this.#listeners) Deno.addSignalListener(signal, listener);
  }

  /** Aborted at the first. */
  get signal(): AbortSignal {
    return this.#controller.signal;
  }

  /** As after a signal, without a message. */
  abort(): void {
    this.#controller.abort();
  }

  /** Stops listening, except once aborted: what is left to do until the process ends is protected. */
  [Symbol.dispose](): void {
    if (this.signal.aborted) return;
    for (const [signal, listener] of this.#listeners) Deno.removeSignalListener(signal, listener);
  }

  #ctrlC(): void {
    if (this.#left === 0) return this.#onEnd();
    if (this.#left !== null) return;
    this.#left = TURNS;
    // Turns are counted, not seconds: a signal that came while the thread was busy is heard late.
    const timer = setInterval(() => {
      this.#left!--;
      if (this.#left === 0) clearInterval(timer);
    }, TURN_MS);
    Deno.unrefTimer(timer);
  }
}
