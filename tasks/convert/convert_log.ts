import { basename, dirname, join } from "node:path";
import { CheckpointError } from "../../train/checkpoints/checkpoint.ts";
import { UsageError } from "../../train/config/usage_error.ts";
import { exists } from "../../train/files/durable.ts";
import { readJson } from "../../train/files/json_file.ts";
import { eventFiles } from "../../train/tensorboard/event_files.ts";
import { RunEvents } from "../../train/tensorboard/run_events.ts";
import { humanBytes } from "../../page/human_units.ts";

/** Whether a path names the log of a run, which is converted to events for TensorBoard. */
export function isLog(path: string): boolean {
  return path.endsWith(".jsonl");
}

/**
 * Converts the log of a run, with its probes, grids and settings, to an event file in `folder`.
 *
 * @returns a line on what was written
 * @throws {UsageError} where it is no log, or event files exist and `force` does not replace them
 * @throws {CheckpointError} where the folder cannot be used
 */
export async function convertLog(log: string, folder: string, force: boolean): Promise<string> {
  const workdir = dirname(log);
  if (basename(log) !== "log.jsonl") {
    throw new UsageError(`${log}: of a run, name its log.jsonl; the rest is found beside it`);
  }
  if (!await exists(log)) throw new UsageError(`${log}: there is no such file`);
  try {
    await Deno.mkdir(folder, { recursive: true });
    const existing = await eventFiles(folder);
    if (existing.length > 0 && !force) {
      throw new UsageError(
        `${existing[0]}: exists; name another folder, or --force to replace all event files`,
      );
    }
    for (const file of existing) await Deno.remove(file);
    const config = await readJson(join(workdir, "config.json"));
    using events = await RunEvents.open({ workdir, config }, { step: Infinity, folder });
    const { size } = await Deno.stat(events.file);
    const note = config === null ? "; no settings, as there is no whole config.json" : "";
    return `Left ${events.file}: ${humanBytes(size)}${note}`;
  } catch (error) {
    if (!(error instanceof Error && "code" in error)) throw error;
    throw new CheckpointError(`${folder}: cannot be written (${error.message})`);
  }
}
