import { stripVTControlCharacters } from "node:util";
import { humanDuration } from "../../page/human_units.ts";

/** Follows the output of `deno test`: how many files and tests have reported so far. */
export class TestProgress {
  readonly #files: number;
  readonly #reached: Set<string> = new Set();
  #tests = 0;
  #rest = "";

  /** @param files number of test files that will run */
  constructor(files: number) {
    this.#files = files;
  }

  /** Takes the next piece of the output. */
  add(output: string): void {
    const lines = (this.#rest + stripVTControlCharacters(output)).split("\n");
    this.#rest = lines.pop()!;
    for (const line of lines) {
      const file = /^running \d+ tests? from (\S+)/.exec(line)?.[1] ?? /^(\S+) => /.exec(line)?.[1];
      if (file !== undefined) this.#reached.add(file);
      if (/^\S.* \.\.\. (ok|FAILED|ignored)/.test(line)) this.#tests++;
    }
  }

  /** A line such as `12 of 131 files, 240 tests, 1 min 5 s`. */
  text(seconds: number): string {
    const files = `${Math.min(this.#reached.size, this.#files)} of ${this.#files} files`;
    return `${files}, ${this.#tests} tests, ${humanDuration(seconds)}`;
  }
}

/** The number of test files at and below the paths. */
export async function countTestFiles(paths: readonly string[]): Promise<number> {
  let count = 0;
  for (const path of paths) {
    const stat = await Deno.stat(path).catch(() => null);
    if (stat?.isDirectory) {
      const below = await Array.fromAsync(Deno.readDir(path), ({ name }) => `${path}/${name}`);
      count += await countTestFiles(below);
    } else if (stat?.isFile && /(^|[/_.])test\.[jt]s$/.test(path)) count++;
  }
  return count;
}
