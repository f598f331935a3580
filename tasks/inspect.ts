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
import { z } from "zod";
import { fieldsOf } from "../train/config/fields.ts";
import { parseArguments } from "./cli/flags.ts";
import { helpText } from "./cli/help_text.ts";
import { UsageError } from "../train/config/usage_error.ts";
import { inspectedFiles, inspectFile } from "./inspect/inspect_file.ts";
import { inspectionText } from "./inspect/inspection_text.ts";
import { runTask } from "./cli/run_task.ts";

const schema = z.strictObject({
  json: z.boolean().describe("print all of it as JSON, for programs"),
  help: z.boolean().describe("show this page; -h for short"),
});

/**
 * Reads the command line.
 *
 * @returns the file or folder to inspect, null where the help is asked for; whether as JSON
 * @throws {UsageError} with a line for each problem
 */
export function readInspectArguments(
  args: readonly string[],
): { readonly path: string | null; readonly json: boolean } {
  const { settings, positional } = parseArguments(args, schema);
  const json = settings.get("json") === true;
  if (settings.get("help") === true) return { path: null, json };
  const [path, ...more] = positional;
  if (path === undefined) throw new UsageError("name a file or a folder; --help shows how");
  if (more.length > 0) throw new UsageError(`${JSON.stringify(more[0])}: one file at a time`);
  return { path, json };
}

/** Describes files of weights and checkpoints. */
async function main(args: readonly string[]): Promise<void> {
  const { path, json } = readInspectArguments(args);
  if (path === null) return console.log(help());
  const inspections = [];
  for (const file of await inspectedFiles(path)) inspections.push(await inspectFile(file));
  console.log(
    json
      ? JSON.stringify({ path, files: inspections }, null, 2)
      : inspections.map(inspectionText).join("\n\n"),
  );
}

function help(): string {
  return helpText({
    about:
      "Shows what a file holds: names, shapes, types and statistics of its arrays, its other\n" +
      "values, and the configuration of our own. Files: .safetensors (or an index of several),\n" +
      ".pth, .npz, .npy; folders: a checkpoint of ours or PyTorch's (12.ckpt), a run (its newest).",
    examples: [
      { command: "inspect nnet_ema.pth", does: "what PyTorch saved" },
      { command: "inspect runs/a", does: "the newest checkpoint of a run" },
      { command: "inspect fid_stats.npz --json", does: "for programs" },
    ],
    schemas: [schema],
    defaults: new Map(
      fieldsOf(schema).filter(({ path }) => path === "json").map(({ path }) => [path, false]),
    ),
  });
}

if (import.meta.main) await runTask(main, false);
