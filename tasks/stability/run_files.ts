import { join } from "node:path";
import { configSchema } from "../../train/config/config_schema.ts";
import { replaceFile } from "../../train/files/durable.ts";
import { lineBlocks } from "../../train/files/line_blocks.ts";
import type { ProbedRun } from "../../eval/stability/probed_run.ts";
import type { Variation } from "./variation.ts";

/** The file of a run: `runs/ls_depth-8_seed-1.json`. */
export function runFile(folder: string, { method, setting, config }: Variation): string {
  const words = [method, setting, `seed ${config.seed}`].filter((text) => text !== "");
  const name = words.map((text) =>
    text.toLowerCase().replaceAll(/[^a-z0-9.]+/g, "-").replaceAll(/^-|-$/g, "")
  ).join("_");
  return join(folder, "runs", `${name}.json`);
}

/** The run in a file; null where there is none, it is damaged, or has other settings. */
export async function savedRun(
  file: string,
  { config }: Variation,
  levels: readonly number[],
): Promise<ProbedRun | null> {
  let run: ProbedRun;
  try {
    run = await readRun(file);
  } catch (error) {
    if (error instanceof Deno.errors.NotFound || error instanceof SyntaxError) return null;
    throw error;
  }
  const same = complete(run.config) === complete(config) &&
    (run.diverged_at !== null || String(run.robustness.map((r) => r.level)) === String(levels));
  // Before skipped steps were recorded, the first of them was taken for divergence.
  const isCutShort = config.train.mixed_precision !== "no" && run.diverged_at !== null &&
    run.skipped === undefined;
  return same && !isCutShort ? run : null;
}

/** A configuration as text, with the defaults of what was added to it since it was saved. */
function complete(config: unknown): string {
  return JSON.stringify(configSchema.safeParse(config).data ?? config);
}

/** Saves a run atomically, as JSON. */
export async function saveRun(file: string, run: ProbedRun): Promise<void> {
  await replaceFile(file, runBlocks(run));
}

/** The first line of a run's file. */
const FIRST = '{"probes":{';

/** A line for each probe and each other field: all of a long run does not fit in one string. */
async function* runBlocks({ probes, ...fields }: ProbedRun): AsyncGenerator<Uint8Array> {
  const encoder = new TextEncoder();
  yield encoder.encode(FIRST);
  let separator = "\n";
  for (const [name, series] of Object.entries(probes)) {
    yield encoder.encode(`${separator}${JSON.stringify(name)}:${JSON.stringify(series)}`);
    separator = ",\n";
  }
  yield encoder.encode("\n}");
  for (const [name, value] of Object.entries(fields)) {
    if (value === undefined) continue;
    yield encoder.encode(`,\n${JSON.stringify(name)}:${JSON.stringify(value)}`);
  }
  yield encoder.encode("\n}\n");
}

/** @throws {SyntaxError} for a file that is not JSON */
async function readRun(file: string): Promise<ProbedRun> {
  const probes: Record<string, unknown> = {};
  const run: Record<string, unknown> = { probes };
  let [target, last, isFirst] = [probes, "", true];
  for await (const block of lineBlocks(file)) {
    for (const line of block.trimEnd().split("\n")) {
      // Another writer's file, and of versions before, is one value.
      if (isFirst && line !== FIRST) return JSON.parse(await Deno.readTextFile(file));
      if (line === "},") target = run;
      else if (!isFirst && line !== "}") {
        Object.assign(target, JSON.parse(`{${line.endsWith(",") ? line.slice(0, -1) : line}}`));
      }
      [last, isFirst] = [line, false];
    }
  }
  if (last !== "}") throw new SyntaxError(`${file} ends too early`);
  return run as unknown as ProbedRun;
}
