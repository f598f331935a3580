/** Where progress goes and how often. What is left out is taken from standard error. */
export interface ProgressOptions {
  /** Takes the text. */
  write?: (text: string) => void;
  /** Whether the text reaches a terminal, where a line can be drawn over. */
  terminal?: boolean;
  /** The terminal's width now, in columns. */
  columns?: () => number;
  /** Seconds between lines where they cannot be drawn over. */
  every_s?: number;
  /** The time now, milliseconds. */
  now?: () => number;
}

/** Shows a line that changes: drawn over in a terminal, else printed anew every so often. */
export class Progress implements Disposable {
  readonly #write: (text: string) => void;
  readonly #terminal: boolean;
  readonly #columns: () => number;
  readonly #every: number;
  readonly #now: () => number;
  /** The line last given to `show`, until it is printed for good. */
  #line: string | null = null;
  #printedAt = -Infinity;
  #drawn = false;

  /** Shows nothing yet. */
  constructor(options: ProgressOptions = {}) {
    this.#write = options.write ?? ((text) => writeAll(text));
    this.#terminal = options.terminal ?? Deno.stderr.isTerminal();
    this.#columns = options.columns ?? (() => Deno.consoleSize().columns || 80);
    this.#every = 1000 * (options.every_s ?? 10);
    this.#now = options.now ?? (() => performance.now());
  }

  /** Shows a line in place of the last one. */
  show(line: string): void {
    this.#line = line;
    if (this.#terminal) {
      // A line as wide as the terminal would wrap, and could not be drawn over.
      this.#write(`${ERASE}${line.slice(0, Math.max(1, this.#columns() - 1))}`);
      this.#drawn = true;
    } else if (this.#now() - this.#printedAt >= this.#every) {
      this.#print(line);
    }
  }

  /** Prints a message that stays, above the changing line. */
  note(message: string): void {
    if (!this.#drawn) return this.#write(`${message}\n`);
    this.#write(`${ERASE}${message}\n`);
    if (this.#line !== null) this.show(this.#line);
  }

  /** Leaves the last line standing. */
  [Symbol.dispose](): void {
    if (this.#drawn) this.#write("\n");
    else if (this.#line !== null) this.#print(this.#line);
    this.#line = null;
    this.#drawn = false;
  }

  #print(line: string): void {
    this.#write(`${line}\n`);
    this.#printedAt = this.#now();
    this.#line = null;
  }
}

/** Carriage return, then erase to the end of the line. */
const ERASE = "\r\x1b[K";

function writeAll(text: string): void {
  const bytes = new TextEncoder().encode(text);
  for (let at = 0; at < bytes.length;) at += Deno.stderr.writeSync(bytes.subarray(at));
}
