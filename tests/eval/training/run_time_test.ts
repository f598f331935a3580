import { ok, strictEqual as equal } from "node:assert/strict";
import type { PlanStep } from "../../../engine/mod.ts";
import { KernelRates, workOf } from "../../../engine/testing/kernel_rates.ts";
import { DeviceMachine } from "../../../eval/execution/device_machine.ts";
import { runTime, type RunTimeOptions } from "../../../eval/training/run_time.ts";
import { gridSampler } from "../../../eval/training/sample_grids.ts";
import { State } from "../../../engine/mod.ts";
import { shapesOf } from "../../../train/checkpoints/network_shapes.ts";
import type { Config } from "../../../train/config/config.ts";
import { evalSchema } from "../../../train/config/fid_schema.ts";
import { TrainStep } from "../../../train/train_step.ts";
import { openDevice } from "../../device.ts";
import { tinyConfig } from "../../tiny_config.ts";

/** As if every kernel took a millisecond for each byte of its work. */
const rates = new KernelRates([{
  step: { label: "", workgroups: [1, 1, 1], flops: 0, bytes: 1 },
  count: 1,
  milliseconds: 1,
}]);
const options: RunTimeOptions = { rates, inception: rates, probes: false, images: 100 };

const seconds = (steps: readonly PlanStep[]) =>
  steps.reduce((sum, step) => sum + workOf(step), 0) / 1000;
const about = (actual: number, expected: number) =>
  ok(Math.abs(actual / expected - 1) < 1e-9, `${actual} is not ${expected}`);

Deno.test("runTime() adds up the kernels of all training steps", async () => {
  using device = await openDevice();
  const { sample } = tinyConfig();
  const config = tinyConfig({
    sample: { ...sample, n_samples: 0 },
    train: { n_steps: 41 },
  });
  using step = await TrainStep.create(device, config, { recordLength: 1 });
  const { steps, grids, fids, once, seconds: all } = runTime(device.capabilities, config, options);
  equal(steps.times, 41);
  about(steps.seconds, seconds(step.kernels));
  about(all, 41 * seconds(step.kernels));
  equal([grids, fids, once].join(), ",,0");

  const { train } = config;
  const parts = { ...config, train: { ...train, micro_batches: 2 } };
  using whole = await TrainStep.create(device, parts, { recordLength: 1 });
  using half = await TrainStep.create(device, {
    ...config,
    train: { ...train, batch_size: train.batch_size / 2 },
  }, { recordLength: 1 });
  const { steps: { seconds: split } } = runTime(device.capabilities, parts, options);
  // Two forward and backward passes of half a batch each, and more than one update.
  ok(split > 2 * (seconds(half.kernels) - seconds(whole.kernels)) + seconds(whole.kernels));
});

Deno.test("runTime() counts a grid's network evaluations, and the grids of the run", async () => {
  using device = await openDevice();
  const of = (sample: Partial<Config["sample"]>, train = {}) =>
    tinyConfig({
      sample: { ...tinyConfig().sample, n_samples: 3, ...sample },
      train: { n_steps: 41, ...train },
    });
  const timeOf = (config: Config) => runTime(device.capabilities, config, options);
  const [few, many] = [of({ sample_steps: 4 }), of({ sample_steps: 10 })];
  const [a, b] = [timeOf(few), timeOf(many)];
  equal(a.grids!.times, 1);
  equal(timeOf(of({}, { eval_interval: 20 })).grids!.times, 3);
  about(a.seconds, 41 * a.steps.seconds + a.grids!.seconds);

  if (!device.gpu.features.has("timestamp-query")) return;
  using weights = new State(device, shapesOf(few), "weights");
  const grid = gridSampler(device.capabilities, few, weights);
  using machine = new DeviceMachine(device, grid);
  await machine.begin({ seed: 0, first: 0 });
  const step = (await machine.profile(grid.method.forms[0])).map(({ kernel }) => kernel);
  about(b.grids!.seconds - a.grids!.seconds, 6 * seconds(step));
});

Deno.test("runTime() counts FIDs of checkpoints, the data's statistics and the final FID", async () => {
  using device = await openDevice();
  const timeOf = (fid: object) =>
    runTime(
      device.capabilities,
      tinyConfig({
        train: { n_steps: 41, save_interval: 20 },
        sample: { ...tinyConfig().sample, n_samples: 0 },
        eval: evalSchema.parse({
          fid: { n_samples: 8, mini_batch_size: 8, sample_steps: 2, algorithm: "ddim", ...fid },
        }),
      }),
      options,
    );
  const given = timeOf({ stats: "data.npz" });
  equal(given.fids!.times, 3);
  equal(given.once, 0);
  about(given.seconds, 41 * given.steps.seconds + 3 * given.fids!.seconds);
  const measured = timeOf({});
  // 100 images in batches of 8 are 13 runs of Inception, those of an FID one.
  ok(measured.once > 12 * 0.9 * given.fids!.seconds && measured.once < 13 * given.fids!.seconds);
  const final = timeOf({ stats: "data.npz", final_n_samples: 16 });
  about(final.once, 2 * given.fids!.seconds);
});
