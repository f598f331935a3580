import type { Device } from "../../engine/mod.ts";
import { kernelSpeed } from "../../eval/training/kernel_speed.ts";
import { runTime } from "../../eval/training/run_time.ts";
import { SampleGrids } from "../../eval/training/sample_grids.ts";
import type { Config } from "../../train/config/config.ts";
import { presets } from "../../train/config/presets.ts";
import { batches } from "../../train/data/batches.ts";
import { microBatches } from "../../train/data/micro_batches.ts";
import { shapes } from "../../train/data/shapes.ts";
import { TrainStep } from "../../train/train_step.ts";
import { fitting } from "./fitting.ts";

/** What `--dry-run` says something takes, and what it took right after. */
export interface EstimateRow {
  readonly preset: string;
  readonly what: "a step" | "a sample grid";
  /** Seconds by the dry run, the mean of one before and one after. */
  readonly estimated_s: number;
  /** Seconds that it took. */
  readonly seconds: number;
}

/** Presets whose steps are compared with their estimate. */
const PRESETS = ["quickstart", "quickstart_unet", "cifar10", "cifar10_unet"] as const;
/** Seconds of steps that are timed, and how many at most: one at least. */
const [STEPS_S, MOST_STEPS] = [10, 100];
/** A grid that would take longer is not drawn: those of the paper's presets take hours on a CPU. */
const MOST_GRID_S = 120;

/** Compares the dry run's estimates of the presets with steps and grids that are then done. */
export async function estimateRows(
  device: Device,
  onStart: (preset: string) => void,
): Promise<EstimateRow[]> {
  const rows: EstimateRow[] = [];
  for (const preset of PRESETS) {
    onStart(preset);
    rows.push(...await presetRows(device, preset));
  }
  return rows;
}

async function presetRows(
  device: Device,
  preset: typeof PRESETS[number],
): Promise<EstimateRow[]> {
  const config = fitting(device.capabilities, presets[preset]);
  const before = await estimate(device, config);
  if (!before) return [];
  using step = await TrainStep.create(device, config, { recordLength: MOST_STEPS });
  const data = batches(shapes({ image_size: config.nnet.img_size, n: 256, seed: 0 }), {
    seed: 0,
    random_flip: false,
  });
  const inputs = microBatches(config, await data.at(0, config.train.batch_size), 0);
  const run = async (first: number, n: number) => {
    for (let i = 0; i < n; i++) step.run(first + i, inputs);
    await step.records();
  };
  await run(0, 1);
  const n = Math.max(1, Math.min(MOST_STEPS, Math.round(STEPS_S / before.step)));
  const step_s = await secondsOf(() => run(1, n)) / n;
  let grid_s: number | null = null;
  if (before.grid !== null && before.grid < MOST_GRID_S) {
    using grids = new SampleGrids(device, config, Math.max(1, config.nnet.num_classes - 1));
    await grids.grid(step);
    grid_s = await secondsOf(() => grids.grid(step));
  }
  const after = await estimate(device, config) ?? before;
  const row = (what: EstimateRow["what"], estimates: readonly number[], seconds: number) => ({
    preset,
    what,
    estimated_s: estimates.reduce((a, b) => a + b) / estimates.length,
    seconds,
  });
  return [
    row("a step", [before.step, after.step], step_s),
    ...grid_s === null
      ? []
      : [row("a sample grid", [before.grid ?? 0, after.grid ?? before.grid ?? 0], grid_s)],
  ];
}

/** Seconds of a step and of a grid, as the dry run has them; null where the preset does not fit. */
async function estimate(
  device: Device,
  config: Config,
): Promise<{ readonly step: number; readonly grid: number | null } | null> {
  const speed = await kernelSpeed(device, config);
  if (!speed) return null;
  const { steps, grids } = runTime(device.capabilities, config, {
    rates: speed.step,
    inception: speed.inception,
    choices: device.tuning?.choices,
    probes: false,
    images: null,
  });
  return { step: steps.seconds, grid: grids?.seconds ?? null };
}

async function secondsOf(work: () => Promise<unknown>): Promise<number> {
  const start = performance.now();
  await work();
  return (performance.now() - start) / 1000;
}
