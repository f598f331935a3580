/**
 * Trains the scaling methods side by side and reports how their norms swing: a command.
 *
 * @example
 * ```sh
 * deno run -A jsr:@scalelong/scalelong/stability --quick
 * ```
 *
 * @module
 */
import { join } from "node:path";
import { Device } from "../engine/mod.ts";
import { type ProbedRun, trainProbed } from "../eval/stability/probed_run.ts";
import { replaceFile } from "../train/files/durable.ts";
import { humanDuration } from "../page/human_units.ts";
import { checkDataset } from "../train/data/check_dataset.ts";
import { loadDataset } from "../train/data/load_dataset.ts";
import { Progress } from "./cli/progress.ts";
import { inFolder } from "./cli/in_folder.ts";
import { Interrupt } from "./cli/interrupt.ts";
import { runTask } from "./cli/run_task.ts";
import { shownCommand } from "./cli/shown_command.ts";
import { ensureAdapter } from "./cli/setup/ensure_adapter.ts";
import { conclusions, reportData, reportHtml } from "./stability/report.ts";
import { runFile, savedRun, saveRun } from "./stability/run_files.ts";
import { readStabilityArguments, STABILITY_FLAGS } from "./stability/stability_flags.ts";
import { tuningFile } from "./cli/tuning_file.ts";
import { Watchdog } from "./cli/watchdog/watchdog.ts";

/** Compares as the command line says. Throws errors whose message is for the person. */
async function main(args: readonly string[]): Promise<void> {
  const { config: base, planned, levels, out, help } = await readStabilityArguments(args);
  if (help !== null) return console.log(help);
  await checkDataset(base, ...planned.map(({ config }) => config));
  await ensureAdapter();
  using watchdog = new Watchdog();
  using device = await Device.open({ tuning: tuningFile(), onWait: watchdog.watch });
  using progress = new Progress();
  const dataset = await loadDataset(base, { onNote: (message) => progress.note(message) });
  await inFolder(out, "--out", () => Deno.mkdir(join(out, "runs"), { recursive: true }));

  using interrupt = new Interrupt(() => progress.note("stopping; finished runs are kept"));
  const clock = new Clock(planned.reduce((sum, { config }) => sum + config.train.n_steps, 0));
  const runs: ProbedRun[] = [];
  for (const [at, variation] of planned.entries()) {
    const file = runFile(out, variation);
    const { n_steps } = variation.config.train;
    const name = [variation.method, variation.setting, `seed ${variation.config.seed}`]
      .filter((text) => text !== "").join(", ");
    let run = await savedRun(file, variation, levels);
    if (run) clock.skip(n_steps);
    else {
      run = await trainProbed(device, variation, dataset, {
        levels,
        signal: interrupt.signal,
        onStep: (step) =>
          progress.show(
            `run ${at + 1}/${planned.length}  ${name}  step ${step}/${n_steps}  ${
              clock.left(step)
            } left`,
          ),
      });
      if (run === null) {
        progress.note(`to go on: ${shownCommand("stability", Deno.args)}`);
        Deno.exitCode = 130;
        return;
      }
      clock.done(n_steps);
      await saveRun(file, run);
    }
    runs.push(run);
  }

  const data = reportData(runs, {
    command: shownCommand("stability", Deno.args),
    adapter: device.info.description || device.info.vendor,
    deno: Deno.version.deno,
    date: new Date().toISOString().slice(0, 10),
  });
  const json = `${JSON.stringify(data, null, 2)}\n`;
  await replaceFile(join(out, "stability.json"), new TextEncoder().encode(json));
  await replaceFile(join(out, "report.html"), new TextEncoder().encode(reportHtml(runs, data)));
  progress[Symbol.dispose]();
  for (const line of conclusions(data)) progress.note(line);
  progress.note(`Left in ${out}: report.html, stability.json, runs`);
}

/** How long the rest takes, from the steps done so far. */
class Clock {
  readonly #start = performance.now();
  #left: number;
  #done = 0;

  constructor(steps: number) {
    this.#left = steps;
  }

  skip(steps: number): void {
    this.#left -= steps;
  }

  done(steps: number): void {
    this.#left -= steps;
    this.#done += steps;
  }

  left(current: number): string {
    const seconds = (performance.now() - this.#start) / 1000;
    return humanDuration((this.#left - current) * seconds / (this.#done + current));
  }
}

if (import.meta.main) await runTask(main, { flags: STABILITY_FLAGS });
