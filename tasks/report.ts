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
import { replaceFile } from "../train/files/durable.ts";
import { humanBytes } from "../page/human_units.ts";
import { inFolder } from "./cli/in_folder.ts";
import { runTask } from "./cli/run_task.ts";
import { shownCommand } from "./cli/shown_command.ts";
import { readRuns } from "./report/logged_run.ts";
import { readReportArguments, reportHelp } from "./report/report_flags.ts";
import { reportPage } from "./report/report_page.ts";

/** Writes a page about runs. */
async function main(args: readonly string[]): Promise<void> {
  const { workdirs, ...flags } = readReportArguments(args);
  if (flags.help) return console.log(reportHelp());
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

if (import.meta.main) await runTask(main, { usesDevice: false });
