import { z } from "zod";
import { fieldsOf } from "../../train/config/fields.ts";
import { UsageError } from "../../train/config/usage_error.ts";
import { parseArguments } from "../cli/flags.ts";
import { helpText } from "../cli/help_text.ts";

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

/** The help page. */
export function inspectHelp(): string {
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
