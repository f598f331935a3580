/** A wait for the device: what it is for, since when, and whether a line was printed about it. */
interface Wait {
  readonly what: string;
  readonly since: number;
  told: boolean;
}

/**
 * ProgressHooks that have lasted too long: longer than `after` seconds, and than twice the longest that ended,
 * as a slow adapter's may. Times are in seconds.
 */
export class HeartbeatMonitor {
  readonly #waits = new Map<number, Wait>();
  #longest = 0;

  /** None yet. */
  constructor(readonly after: number) {}

  /** A wait begins. */
  begin(id: number, what: string, now: number): void {
    this.#waits.set(id, { what, since: now, told: false });
  }

  /** A wait is over. */
  end(id: number, now: number): void {
    const wait = this.#waits.get(id);
    if (wait) this.#longest = Math.max(this.#longest, now - wait.since);
    this.#waits.delete(id);
  }

  /** The waits that have become too long since the last call. */
  due(now: number): { readonly what: string; readonly seconds: number }[] {
    const limit = Math.max(this.after, 2 * this.#longest);
    const due = [...this.#waits.values()].filter(({ since, told }) => !told && now - since > limit);
    for (const wait of due) wait.told = true;
    return due.map(({ what, since }) => ({ what, seconds: now - since }));
  }
}
