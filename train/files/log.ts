import { dirname } from "node:path";
import { exists, replaceFile } from "./durable.ts";
import { jsonLines } from "./json_lines.ts";
import { lineBlocks } from "./line_blocks.ts";

/**
 * A line of a run's log: loss, learning rate, gradient norm, images and seconds, by name.
 * @category Training
 */
export interface LogEntry {
  /** Optimizer steps done. */
  step: number;
  /** Any other value. */
  [name: string]: number | string;
}

/** A file of JSON lines, one per logged step, each step once. */
export class Log implements Disposable {
  readonly #file: Deno.FsFile;

  private constructor(file: Deno.FsFile) {
    this.#file = file;
  }

  /**
   * Opens the log of a run that resumes after `step` steps (0: from the start). Lines of later steps,
   * and a line that a killed run left half written, are dropped: the run writes them again.
   */
  static async open(file: string, step: number): Promise<Log> {
    await Deno.mkdir(dirname(file), { recursive: true });
    if (await needsTrimming(file, step)) await replaceFile(file, trimmedBlocks(file, step));
    return new Log(await Deno.open(file, { append: true, create: true }));
  }

  /** Appends a line. Numbers that are not finite become null, as JSON has no others. */
  append(entry: LogEntry): void {
    const bytes = new TextEncoder().encode(`${JSON.stringify(entry)}\n`);
    for (let at = 0; at < bytes.length;) at += this.#file.writeSync(bytes.subarray(at));
  }

  /** Closes the file. */
  [Symbol.dispose](): void {
    this.#file.close();
  }
}

/** Whether a log has a line of this step with a value of this name. */
export async function isLogged(file: string, step: number, name: string): Promise<boolean> {
  if (!await exists(file)) return false;
  for await (const entries of jsonLines(file)) {
    if (entries.some((entry) => entry.step === step && Object.hasOwn(entry, name))) return true;
  }
  return false;
}

/** Whether a log has lines to drop, or ends without a line's end; a missing log has not. */
async function needsTrimming(file: string, step: number): Promise<boolean> {
  if (!await exists(file)) return false;
  for await (const block of lineBlocks(file)) {
    if (trimmed(block, step) !== block) return true;
  }
  return false;
}

async function* trimmedBlocks(file: string, step: number): AsyncGenerator<Uint8Array> {
  const encoder = new TextEncoder();
  for await (const block of lineBlocks(file)) yield encoder.encode(trimmed(block, step));
}

/** The whole lines of steps up to `step`. */
function trimmed(block: string, step: number): string {
  return block.split("\n").filter((line) => stepOf(line) <= step)
    .map((line) => `${line}\n`).join("");
}

/** The step a line is of; infinite for a line that is not whole. */
function stepOf(line: string): number {
  try {
    const { step } = JSON.parse(line) as LogEntry;
    return typeof step === "number" ? step : Infinity;
  } catch {
    return Infinity;
  }
}
