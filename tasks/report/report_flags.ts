import { z } from "zod";
import { fieldsOf, flatten, nest } from "../../train/config/fields.ts";
import { UsageError } from "../../train/config/usage_error.ts";
import { parseArguments } from "../cli/flags.ts";
import { helpText } from "../cli/help_text.ts";
import { shownCommand } from "../cli/shown_command.ts";

const schema = z.strictObject({
  out: z.string().min(1).nullable()
    .describe("file to write; null: report.html in the run's folder, of several runs beside them"),
  help: z.boolean().describe("show this page; -h for short"),
});

const defaults = { out: null, help: false };

/** What the command line of `deno task report` asks for. */
export interface ReportArguments {
  /** The file to write; null: in the run's folder. */
  readonly out: string | null;
  /** Whether the help is asked for; nothing else is checked then. */
  readonly help: boolean;
  /** The folders of the runs. */
  readonly workdirs: readonly string[];
}

/** Reads the command line. @throws {UsageError} with a line for each problem */
export function readReportArguments(args: readonly string[]): ReportArguments {
  const { settings, positional } = parseArguments(args, schema);
  const flags = schema.parse({ ...defaults, ...nest(flatten(nest(settings), fieldsOf(schema))) });
  const workdirs = [...new Set(positional.map((path) => path.replace(/(?<=.)\/+$/, "")))];
  if (!flags.help && workdirs.length === 0) {
    throw new UsageError(
      `name the folder of a run, or of several: ${
        shownCommand("report runs/a runs/b")
      }; --help shows how`,
    );
  }
  return { ...flags, workdirs };
}

/** The help page. */
export function reportHelp(): string {
  return helpText({
    about:
      "Writes a page about a run, or about several on the same axes: settings, loss, rates,\n" +
      "throughput, FID, samples, and the norms of skips where the run was probed. A run may be in\n" +
      "training. The page is one file that needs nothing else.",
    examples: [
      { command: "report runs/a", does: "one run" },
      { command: "report runs/a runs/b --out=compared.html", does: "two runs, differences marked" },
    ],
    schemas: [schema],
    defaults: flatten({ ...defaults, help: undefined }, fieldsOf(schema)),
  });
}
