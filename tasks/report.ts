/**
 * Writes a page about runs, with their settings, curves and samples: a command.
 *
 * @example Two runs on the same axes
 * ```sh
 * deno run -A jsr:@scalelong/scalelong/report runs/a runs/b
 * ```
 *
 * @module
 */
import { dirname, join } from "node:path";
import { z } from "zod";
import { fieldsOf, flatten, nest } from "../train/config/fields.ts";
import { UsageError } from "../train/config/usage_error.ts";
import { replaceFile } from "../train/files/durable.ts";
import { parseArguments } from "./cli/flags.ts";
import { helpText } from "./cli/help_text.ts";
import { humanBytes } from "../page/human_units.ts";
import { inFolder } from "./cli/in_folder.ts";
import { runTask } from "./cli/run_task.ts";
import { shownCommand } from "./cli/shown_command.ts";
import { readRuns } from "./report/logged_run.ts";
import { reportPage } from "./report/report_page.ts";

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

/** Writes a page about runs. */
async function main(args: readonly string[]): Promise<void> {
  const { workdirs, ...flags } = readReportArguments(args);
  if (flags.help) return console.log(help());
  const runs = await readRuns(workdirs);
  const page = await reportPage(runs, shownCommand("report", args));
  const out = flags.out ??
    join(workdirs.length === 1 ? workdirs[0] : dirname(workdirs[0]), "report.html");
  const bytes = new TextEncoder().encode(page);
  await inFolder(out, "--out", async () => {
    await Deno.mkdir(dirname(out), { recursive: true });
    await replaceFile(out, bytes);
  });
  console.log(`Left ${out}: ${humanBytes(bytes.length)}, for any browser`);
}

function help(): string {
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

if (import.meta.main) await runTask(main, false);
