import { dirname } from "node:path";
import { replaceFile } from "./files/durable.ts";

/** A line of a run's log: loss, learning rate, gradient norm, images and seconds, by name. */
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
    const text = await readText(file);
    const lines = text.split("\n").filter((line) => stepOf(line) <= step);
    const trimmed = lines.map((line) => `${line}\n`).join("");
    if (trimmed !== text) await replaceFile(file, new TextEncoder().encode(trimmed));
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

async function readText(file: string): Promise<string> {
  try {
    return await Deno.readTextFile(file);
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return "";
    throw error;
  }
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
