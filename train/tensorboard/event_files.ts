import { join } from "node:path";
import { recordHeads } from "./record.ts";
import { STEP_BYTES, stepOf } from "./event.ts";

const PREFIX = "events.out.tfevents.";

/** The event files in a folder, in the order that TensorBoard reads them. */
export async function eventFiles(folder: string): Promise<string[]> {
  const names: string[] = [];
  for await (const { name } of Deno.readDir(folder)) if (name.startsWith(PREFIX)) names.push(name);
  return names.sort().map((name) => join(folder, name));
}

/**
 * A name for one more event file of a folder, `events.out.tfevents.<seconds>.<host>`, which comes
 * after those there are.
 */
export function nextEventFile(folder: string, existing: readonly string[]): string {
  const latest = existing.at(-1)?.slice(join(folder, PREFIX).length);
  const seconds = Math.max(Math.floor(Date.now() / 1000), (parseInt(latest ?? "0") || 0) + 1);
  return join(folder, `${PREFIX}${String(seconds).padStart(10, "0")}.${Deno.hostname()}`);
}

/** The step that the events of a file, with those before it, are complete up to; 0 for none. */
export function lastStep(file: string): number {
  let last = 0;
  for (const head of recordHeads(file, STEP_BYTES)) last = stepOf(head) ?? last;
  return last;
}
