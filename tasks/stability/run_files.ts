import { join } from "node:path";
import { configSchema } from "../../train/config/config_schema.ts";
import { replaceFile } from "../../train/files/durable.ts";
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
    run = JSON.parse(await Deno.readTextFile(file));
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

/** Saves a run atomically. */
export async function saveRun(file: string, run: ProbedRun): Promise<void> {
  await replaceFile(file, new TextEncoder().encode(JSON.stringify(run)));
}
