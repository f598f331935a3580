import { terminalColumns, writeToStandardError } from "./standard_error.ts";

/** Where progress goes and how often; the defaults are those of standard error. */
export interface ProgressOptions {
  /** Writes text. */
  write?: (text: string) => void;
  /** Whether the text goes to a terminal, where a line can be redrawn. */
  terminal?: boolean;
  /** Returns the terminal's width in columns. */
  columns?: () => number;
  /** Seconds between lines where they cannot be redrawn. */
  every_s?: number;
  /** Returns the time in milliseconds. */
  now?: () => number;
}

/** Shows a changing line: redrawn in place in a terminal, else printed at intervals. */
export class Progress implements Disposable {
  readonly #write: (text: string) => void;
  readonly #terminal: boolean;
  readonly #columns: () => number;
  readonly #every: number;
  readonly #now: () => number;
  /** The line last given to `show`, unless it is printed already. */
  #line: string | null = null;
  #printedAt = -Infinity;
  #drawn = false;

  /** Shows nothing until `show` or `note`. */
  constructor(options: ProgressOptions = {}) {
    this.#write = options.write ?? writeToStandardError;
    this.#terminal = options.terminal ?? Deno.stderr.isTerminal();
    this.#columns = options.columns ?? terminalColumns;
    this.#every = 1000 * (options.every_s ?? 10);
    this.#now = options.now ?? (() => performance.now());
  }

  /** Shows a line in place of the previous one. */
  show(line: string): void {
    this.#line = line;
    if (this.#terminal) {
      // A line as wide as the terminal would wrap, and could not be redrawn.
      this.#write(`${ERASE}${line.slice(0, Math.max(1, this.#columns() - 1))}`);
      this.#drawn = true;
    } else if (this.#now() - this.#printedAt >= this.#every) {
      this.#print(line);
    }
  }

  /** Prints a permanent message above the changing line. */
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
