import { join } from "node:path";
import { z } from "zod";
import { Device } from "../engine/mod.ts";
import { methodsWithKappa, SKIP_SCALINGS, type SkipScaling } from "../nets/skip_scaling.ts";
import { type ProbedRun, trainProbed } from "../eval/stability/probed_run.ts";
import type { Config } from "../train/config/config.ts";
import { replaceFile } from "../train/files/durable.ts";
import { humanDuration } from "./cli/human_units.ts";
import { configHelp, loadConfig, type OwnFlags } from "./cli/load_config.ts";
import { checkDataset } from "../train/data/check_dataset.ts";
import { loadDataset } from "../train/data/load_dataset.ts";
import { Progress } from "./cli/progress.ts";
import { UsageError } from "../train/config/usage_error.ts";
import { inFolder } from "./cli/in_folder.ts";
import { Interrupt } from "./cli/interrupt.ts";
import { runTask } from "./cli/run_task.ts";
import { shownCommand } from "./cli/shown_command.ts";
import { ensureAdapter } from "./cli/setup/ensure_adapter.ts";
import { conclusions, reportData, reportHtml } from "./stability/report.ts";
import { runFile, savedRun, saveRun } from "./stability/run_files.ts";
import {
  type Sweep,
  SWEEP_FIELDS,
  type SweepField,
  type Variation,
  variations,
} from "./stability/variation.ts";
import { tuningFile } from "./cli/tuning_file.ts";
import { Watchdog } from "./cli/watchdog/watchdog.ts";

const HELP = {
  about:
    "Trains the scaling methods from the same weights on the same batches, measures at every step how\n" +
    "their norms and gradients swing and how they answer noise, and writes one HTML report.",
  examples: [
    { command: "stability --quick", does: "all methods, a small deep U-ViT, 3 seeds" },
    {
      command: "stability --quick --sweep=depth:4,8,16 --methods=0,2,3",
      does: "how depth matters",
    },
    { command: "stability --quick --backbone=unet", does: "the same for a small UNet" },
    {
      command: "stability --preset=cifar10 --n_steps=2000 --batch_size=32 --seeds=1",
      does: "the paper's network on CIFAR-10",
    },
  ],
};

interface StabilityFlags {
  backbone: "uvit" | "unet" | null;
  methods: string;
  kappas: string;
  seeds: number;
  sweep: string | null;
  levels: string;
  quick: boolean;
  out: string;
}

/** Settings of `--quick`: small, deep and at a high constant rate, where skips matter. */
const QUICK = {
  uvit: {
    "train.n_steps": 300,
    "train.batch_size": 32,
    "optimizer.lr": 2e-3,
    "lr_scheduler.name": "customized",
    "lr_scheduler.warmup_steps": 20,
    "nnet.embed_dim": 64,
    "nnet.depth": 8,
  },
  unet: {
    "train.n_steps": 150,
    "train.batch_size": 16,
    "train.grad_clip": 0,
    "optimizer.lr": 2e-3,
    "lr_scheduler.name": "customized",
    "lr_scheduler.warmup_steps": 20,
    "nnet.ch": 32,
    "nnet.num_res_blocks": 2,
  },
} as const;

const METHODS: readonly SkipScaling[] = SKIP_SCALINGS.map(({ number }) => number);

const OWN: OwnFlags<StabilityFlags> = {
  schema: z.strictObject({
    backbone: z.enum(["uvit", "unet"]).nullable()
      .describe("the network to compare the methods in; null: the preset's"),
    methods: z.string()
      .describe(`scaling methods to compare, with commas between, of ${METHODS.join(", ")}`),
    kappas: z.string().describe(
      `bases of method ${methodsWithKappa().join(", ")} to compare, with commas between`,
    ),
    seeds: z.int().min(1).max(100).describe("runs of each method, from --seed on"),
    sweep: z.string().nullable().describe(
      `one setting at several values, as depth:4,8; of ${SWEEP_FIELDS.join(", ")}`,
    ),
    levels: z.string().describe("standard deviations of the noise on the input, for robustness"),
    quick: z.boolean().describe("a small deep network, for minutes on 2 cores"),
    out: z.string().min(1).describe("folder for the report and every run's figures"),
  }),
  defaults: {
    backbone: null,
    methods: METHODS.join(","),
    kappas: "0.5,0.7",
    seeds: 3,
    sweep: null,
    levels: "0.01,0.03,0.1,0.3,1",
    quick: false,
    out: "runs/stability",
  },
  implies: ({ backbone, quick }) => ({
    ...backbone === null ? {} : { "nnet.name": backbone },
    ...quick ? QUICK[backbone ?? "uvit"] : {},
  }),
};

/** Compares as the command line says. Throws errors whose message is for the person. */
async function main(args: readonly string[]): Promise<void> {
  const loaded = await loadConfig(args, OWN);
  const { config: base, own } = loaded;
  if (loaded.help) return console.log(configHelp(HELP, loaded, OWN));
  if (base.train.micro_batches > 1) {
    throw new UsageError(["probes see whole batches: --micro_batches=1"]);
  }
  const levels = numbers("levels", own.levels);
  const planned = plan(base, own);
  await checkDataset(base, ...planned.map(({ config }) => config));
  await ensureAdapter();
  using watchdog = new Watchdog();
  using device = await Device.open({ tuning: tuningFile(), onWait: watchdog.watch });
  using progress = new Progress();
  const dataset = await loadDataset(base, { onNote: (message) => progress.note(message) });
  await inFolder(own.out, "--out", () => Deno.mkdir(join(own.out, "runs"), { recursive: true }));

  using interrupt = new Interrupt(() => progress.note("stopping; finished runs are kept"));
  const clock = new Clock(planned.reduce((sum, { config }) => sum + config.train.n_steps, 0));
  const runs: ProbedRun[] = [];
  for (const [at, variation] of planned.entries()) {
    const file = runFile(own.out, variation);
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
  await replaceFile(join(own.out, "stability.json"), new TextEncoder().encode(json));
  await replaceFile(join(own.out, "report.html"), new TextEncoder().encode(reportHtml(runs, data)));
  progress[Symbol.dispose]();
  for (const line of conclusions(data)) progress.note(line);
  progress.note(`Left in ${own.out}: report.html, stability.json, runs`);
}

/** Every run of the comparison, all methods of a seed before the next seed. */
function plan(base: Config, own: StabilityFlags): Variation[] {
  const methods = numbers("methods", own.methods).map((number) => {
    const method = METHODS.find((known) => known === number);
    if (method !== undefined) return method;
    throw new UsageError([`--methods: ${number} is none of ${METHODS.join(", ")}`]);
  });
  const kappas = numbers("kappas", own.kappas);
  const sweep = sweepOf(own.sweep);
  return Array.from({ length: own.seeds }, (_, i) => ({ ...base, seed: base.seed + i }))
    .flatMap((config) => variations(config, { methods, kappas, sweep }));
}

function sweepOf(text: string | null): Sweep | null {
  if (text === null) return null;
  const [field, list = ""] = text.split(":");
  if (!(SWEEP_FIELDS as readonly string[]).includes(field) || list === "") {
    throw new UsageError([
      `--sweep: expected ${
        SWEEP_FIELDS.map((f) => `${f}:..`).join(", ")
      } with numbers, as depth:4,8; got "${text}"`,
    ]);
  }
  return { field: field as SweepField, values: numbers("sweep", list) };
}

function numbers(flag: string, list: string): number[] {
  const values = list.split(",").map((text) => text.trim() === "" ? NaN : Number(text));
  if (values.every((value) => Number.isFinite(value) && value >= 0)) return [...new Set(values)];
  throw new UsageError([`--${flag}: expected numbers with commas between, got "${list}"`]);
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

if (import.meta.main) await runTask(main);
