/** A pending wait for the device. */
interface Wait {
  readonly what: string;
  readonly since: number;
  reported: boolean;
}

/**
 * Detects waits that last too long: longer than `after`, and than twice the longest finished wait,
 * as those of a slow adapter may. Times are in seconds.
 */
export class HeartbeatMonitor {
  readonly #waits = new Map<number, Wait>();
  #longest = 0;

  /** Starts without pending waits. */
  constructor(
    /** Seconds that are always acceptable. */
    readonly after: number,
  ) {}

  /** Records the start of a wait. */
  begin(id: number, what: string, now: number): void {
    this.#waits.set(id, { what, since: now, reported: false });
  }

  /** Records the end of a wait. */
  end(id: number, now: number): void {
    const wait = this.#waits.get(id);
    if (wait) this.#longest = Math.max(this.#longest, now - wait.since);
    this.#waits.delete(id);
  }

  /** The waits that have become too long since the last call; each is reported once. */
  due(now: number): { readonly what: string; readonly seconds: number }[] {
    const limit = Math.max(this.after, 2 * this.#longest);
    const due = [...this.#waits.values()].filter((wait) =>
      !wait.reported && now - wait.since > limit
    );
    for (const wait of due) wait.reported = true;
    return due.map(({ what, since }) => ({ what, seconds: now - since }));
  }
}
