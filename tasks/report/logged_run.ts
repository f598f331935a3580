import { join } from "node:path";
import { type Leaf, leaves } from "../../train/config/leaves.ts";
import { UsageError } from "../../train/config/usage_error.ts";
import { exists } from "../../train/files/durable.ts";
import { readJson } from "../../train/files/json_file.ts";
import { jsonLines } from "../../train/files/json_lines.ts";
import { ThinnedSeries } from "../../page/thinned_series.ts";

/** What the files of a run say, finished or not. */
export interface LoggedRun {
  /** As it was named. */
  readonly workdir: string;
  /** Distinct among the runs of a page. */
  readonly name: string;
  /** Its settings by full name; empty without a whole `config.json`. */
  readonly settings: ReadonlyMap<string, Leaf>;
  /** Numbers of the log and of the probes by name. */
  readonly series: ReadonlyMap<string, ThinnedSeries>;
  /** The last logged step; 0 without any. */
  readonly step: number;
}

/** Probes that no chart shows. */
const NOT_SHOWN = /^(feature_norm|block_grad_norm)\.(?!(scaled_)?skips\.)/;

/**
 * Reads runs, which may be in training: a half-written last line is passed over.
 *
 * @throws {UsageError} with a line for each folder that is no run
 */
export async function readRuns(workdirs: readonly string[]): Promise<LoggedRun[]> {
  const problems = (await Promise.all(workdirs.map(problemOf))).filter((line) => line !== null);
  if (problems.length > 0) throw new UsageError(problems);
  const runs: LoggedRun[] = [];
  for (const [i, workdir] of workdirs.entries()) {
    runs.push(await readRun(workdir, shortNames(workdirs)[i]));
  }
  return runs;
}

async function problemOf(workdir: string): Promise<string | null> {
  try {
    if (!(await Deno.stat(workdir)).isDirectory) {
      return `${workdir}: is a file; name the folder of a run`;
    }
  } catch (error) {
    return error instanceof Deno.errors.NotFound
      ? `${workdir}: there is no such folder`
      : `${workdir}: cannot be read (${(error as Error).message})`;
  }
  if (await exists(join(workdir, "log.jsonl"))) return null;
  return `${workdir}: is no run, as it has no log.jsonl; name a folder that train wrote`;
}

async function readRun(workdir: string, name: string): Promise<LoggedRun> {
  const series = new Map<string, ThinnedSeries>();
  let last = 0;
  for (const file of ["log.jsonl", "probes.jsonl"]) {
    if (!await exists(join(workdir, file))) continue;
    for await (const lines of jsonLines(join(workdir, file))) {
      for (const { step, ...values } of lines) {
        if (typeof step !== "number") continue;
        last = Math.max(last, step);
        for (const name in values) {
          let one = series.get(name);
          if (one === undefined) {
            if (typeof values[name] === "string" || NOT_SHOWN.test(name)) continue;
            series.set(name, one = new ThinnedSeries());
          }
          one.add(step, values[name]);
        }
      }
    }
  }
  const config = await readJson(join(workdir, "config.json"));
  return { workdir, name, settings: new Map(leaves(config)), series, step: last };
}

/** The last parts of paths, as few as tell them apart. */
export function shortNames(paths: readonly string[]): string[] {
  const parts = paths.map((path) => path.split(/[/\\]+/).filter((part) => part !== ""));
  const longest = Math.max(...parts.map(({ length }) => length));
  for (let n = 1; n <= longest; n++) {
    const names = parts.map((part) => part.slice(-n).join("/"));
    if (new Set(names).size === new Set(paths).size) return names;
  }
  return [...paths];
}
