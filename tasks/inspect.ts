/**
 * Says what a file of weights or a checkpoint holds: a command.
 *
 * @example
 * ```sh
 * deno run -A jsr:@scalelong/scalelong/inspect nnet_ema.pth
 * ```
 *
 * @module
 */
import { inspectedFiles, inspectFile } from "./inspect/inspect_file.ts";
import { inspectHelp, readInspectArguments } from "./inspect/inspect_flags.ts";
import { inspectionText } from "./inspect/inspection_text.ts";
import { runTask } from "./cli/run_task.ts";

/** Describes files of weights and checkpoints. */
async function main(args: readonly string[]): Promise<void> {
  const { path, json } = readInspectArguments(args);
  if (path === null) return console.log(inspectHelp());
  const inspections = [];
  for (const file of await inspectedFiles(path)) inspections.push(await inspectFile(file));
  console.log(
    json
      ? JSON.stringify({ path, files: inspections }, null, 2)
      : inspections.map(inspectionText).join("\n\n"),
  );
}

if (import.meta.main) await runTask(main, { usesDevice: false });
