import {
  deepStrictEqual as deepEqual,
  notDeepStrictEqual as notDeepEqual,
  ok,
  rejects,
  strictEqual as equal,
} from "node:assert/strict";
import type { Device } from "../../engine/mod.ts";
import type { SkipScaling } from "../../nets/skip_scaling.ts";
import type { Checkpoint } from "../../train/checkpoints/checkpoint.ts";
import type { Config } from "../../train/config/config.ts";
import { batches } from "../../train/data/batches.ts";
import type { ImageSource } from "../../train/data/image_source.ts";
import { shapes } from "../../train/data/shapes.ts";
import { microBatches } from "../../train/data/micro_batches.ts";
import { trainLoop } from "../../train/train_loop.ts";
import { TrainStep } from "../../train/train_step.ts";
import { openDevice } from "../device.ts";
import { tinyConfig, tinyUnet } from "../tiny_config.ts";

function dataOf({ dataset, seed }: Config): ImageSource {
  return shapes({ image_size: dataset.image_size, n: dataset.n, seed });
}

/** What a run logged (step, loss, its average, rate, gradient norm) and its last checkpoint. */
interface Outcome {
  readonly done: number;
  readonly log: number[][];
  readonly checkpoint: Checkpoint;
}

/** Trains, logging each step; `stopAt` aborts it after that many steps. */
async function train(
  device: Device,
  config: Config,
  { checkpoint, stopAt }: { checkpoint?: Checkpoint; stopAt?: number } = {},
): Promise<Outcome> {
  const log: number[][] = [];
  const stop = new AbortController();
  let last: Checkpoint | null = null;
  const every = { ...config, train: { ...config.train, log_interval: 1, save_interval: 1000 } };
  const done = await trainLoop(device, every, dataOf(config), {
    checkpoint,
    signal: stop.signal,
    hooks: {
      onLog({ step, loss, loss_average, lr, grad_norm }) {
        log.push([step, loss, loss_average, lr, grad_norm].map(Number));
        if (step === stopAt) stop.abort();
      },
      onCheckpoint: (c) => void (last = c),
    },
  });
  return { done, log, checkpoint: last! };
}

for (const scalelong of [0, 3] as const) {
  for (const micro_batches of [1, 2]) {
    const name = `method ${scalelong}, ${micro_batches} micro-batches`;
    Deno.test(`trainLoop() stopped and resumed equals an uninterrupted run: ${name}`, async () => {
      using device = await openDevice();
      const config = tinyConfig({
        train: { micro_batches, grad_clip: 1, p_uncond: 0.3 },
        lr_scheduler: { name: "cosine" },
        nnet: { scalelong },
        dataset: { random_flip: true },
      });
      const whole = await train(device, config);
      const half = await train(device, config, { stopAt: 20 });
      const rest = await train(device, config, { checkpoint: half.checkpoint });
      deepEqual([whole.done, half.done, rest.done], [40, 20, 40]);
      equal(half.checkpoint.step, 20);
      deepEqual([...half.log, ...rest.log], whole.log);
      deepEqual(rest.checkpoint, whole.checkpoint);
    });
  }
}

Deno.test("onStep sees every step in order, however few are logged", async () => {
  using device = await openDevice();
  const config = tinyConfig({ nnet: { scalelong: 3 } });
  const { log } = await train(device, config);
  const seen: number[][] = [];
  const rarely = { ...config, train: { ...config.train, log_interval: 1000, save_interval: 1000 } };
  await trainLoop(device, rarely, dataOf(config), {
    hooks: { onStep: ({ step, loss }) => seen.push([step, loss]) },
  });
  deepEqual(seen, log.map(([step, loss]) => [step, loss]));
});

Deno.test("trainLoop() trains a UNet with dropout, bit for bit the same where it was stopped", async () => {
  using device = await openDevice();
  const config = tinyUnet({ train: { p_uncond: 0.3 }, dataset: { random_flip: true } });
  const whole = await train(device, config);
  const half = await train(device, config, { stopAt: 20 });
  const rest = await train(device, config, { checkpoint: half.checkpoint });
  deepEqual([...half.log, ...rest.log], whole.log);
  deepEqual(rest.checkpoint, whole.checkpoint);
  const mean = (log: number[][]) => log.reduce((sum, [, loss]) => sum + loss, 0) / log.length;
  const [first, last] = [mean(whole.log.slice(0, 8)), mean(whole.log.slice(-8))];
  ok(last < 0.8 * first, `${first} to ${last}`);
});

Deno.test("trainLoop() gives each step the images and labels of its number", async () => {
  using device = await openDevice();
  const config = tinyConfig({ train: { n_steps: 3, p_uncond: 0.3 } });
  const { checkpoint } = await train(device, config);
  const walk = batches(dataOf(config), { seed: config.seed, random_flip: false });
  using step = await TrainStep.create(device, config, { recordLength: 3 });
  for (let i = 0; i < 3; i++) step.run(i, microBatches(config, await walk.at(8 * i, 8), i));
  const { nnet, exp_avg } = await step.checkpoint(3);
  deepEqual([nnet, exp_avg], [checkpoint.nnet, checkpoint.exp_avg]);
});

Deno.test("trainLoop() depends on the seed", async () => {
  using device = await openDevice();
  const losses = async (seed: number) =>
    (await train(device, tinyConfig({ seed, train: { n_steps: 2 } }))).log.map(([, loss]) => loss);
  const first = await losses(1);
  deepEqual(await losses(1), first);
  notDeepEqual(await losses(2), first);
});

for (const scalelong of [0, 1, 2, 3, 4] as const) {
  Deno.test(`trainLoop() lowers the loss with method ${scalelong}`, async () => {
    using device = await openDevice();
    const { log } = await train(device, learning(scalelong));
    const mean = (from: number, to: number) =>
      log.slice(from, to).reduce((sum, [, loss]) => sum + loss, 0) / (to - from);
    ok(mean(0, 3) > 0.8, `${mean(0, 3)} at first`);
    ok(mean(50, 60) < 0.8 * mean(0, 3), `${mean(50, 60)} after ${mean(0, 3)}`);
  });
}

function learning(scalelong: SkipScaling): Config {
  return tinyConfig({
    train: { n_steps: 60, batch_size: 16 },
    optimizer: { lr: 5e-3 },
    nnet: { scalelong, depth: 4 },
  });
}

Deno.test("trainLoop() calls each hook at its interval and at the last step", async () => {
  using device = await openDevice();
  const config = tinyConfig({
    train: { n_steps: 13, log_interval: 4, save_interval: 5, eval_interval: 6 },
  });
  const calls: string[] = [];
  const shown: number[] = [];
  const done = await trainLoop(device, config, dataOf(config), {
    hooks: {
      onStart: (step) => void calls.push(`start ${step.launches.submits}`),
      onProgress: ({ step, n_steps, lr }) => {
        shown.push(step);
        equal(n_steps, 13);
        equal(lr, 4e-3 * Math.min(1, (step - 1) / 4));
      },
      onLog: (entry) => {
        deepEqual(
          Object.keys(entry),
          ["step", "loss", "loss_average", "lr", "grad_norm", "images_per_s"],
        );
        ok(Object.values(entry).every(Number.isFinite));
        calls.push(`log ${entry.step}`);
      },
      onEval: async ({ state }, step) => {
        await state.nnet_ema.read();
        calls.push(`eval ${step}`);
      },
      onCheckpoint: (c) => void calls.push(`save ${c.step}`),
    },
  });
  equal(done, 13);
  const expected = [
    "start 1",
    "log 4",
    "save 5",
    "eval 6",
    "log 8",
    "save 10",
    "log 12",
    "eval 12",
  ];
  deepEqual(calls, [...expected, "log 13", "save 13", "eval 13"]);
  equal(shown[shown.length - 1], 13);
  deepEqual(shown, [...new Set(shown)].toSorted((a, b) => a - b));
});

Deno.test("trainLoop() stops at a signal and saves what is done", async () => {
  using device = await openDevice();
  const { done, checkpoint } = await train(device, tinyConfig(), { stopAt: 7 });
  equal(done, 7);
  equal(checkpoint.step, 7);
});

Deno.test("trainLoop() has nothing to do, nor to save, where all steps are done", async () => {
  using device = await openDevice();
  const config = tinyConfig({ train: { n_steps: 3 } });
  const { checkpoint } = await train(device, config);
  const again = await train(device, config, { checkpoint });
  deepEqual([again.done, again.log, again.checkpoint], [3, [], null]);
  const stopped = await trainLoop(device, config, dataOf(config), {
    signal: AbortSignal.abort(),
    hooks: { onCheckpoint: () => ok(false) },
  });
  equal(stopped, 0);
});

Deno.test("trainLoop() reports divergence, its step and what to try, and does not save", async () => {
  using device = await openDevice();
  const config = tinyConfig({
    train: { save_interval: 1000, log_interval: 5 },
    optimizer: { lr: 1e30 },
    lr_scheduler: { warmup_steps: 0 },
  });
  await rejects(
    trainLoop(device, config, dataOf(config), { hooks: { onCheckpoint: () => ok(false) } }),
    {
      name: "DivergedError",
      message:
        /^the loss is (NaN|-?Infinity|[\d.e+]+) and the gradient norm (NaN|Infinity|[\d.e+]+) at step [23]: training diverged; try a lower optimizer\.lr, .*$/,
    },
  );
});

Deno.test("trainLoop() saves nothing that is not finite, nor ends well with it", async () => {
  using device = await openDevice();
  for (const n_steps of [2, 50]) {
    const config = tinyConfig({
      train: { n_steps, save_interval: 1 },
      optimizer: { lr: 3e38 },
      lr_scheduler: { warmup_steps: 1 },
    });
    const saved: number[] = [];
    await rejects(
      trainLoop(device, config, dataOf(config), {
        hooks: { onCheckpoint: ({ step }) => void saved.push(step) },
      }),
      {
        name: "DivergedError",
        message: /^the norm of the weights is (NaN|Infinity) after step 2: training diverged; try/,
      },
    );
    // The rate of the first step is 0.
    deepEqual(saved, [1]);
  }
});

Deno.test("trainLoop() that is stopped with a state that is not finite saves nothing", async () => {
  using device = await openDevice();
  const config = tinyConfig({ train: { save_interval: 1000 } });
  const stop = new AbortController();
  await rejects(
    trainLoop(device, config, dataOf(config), {
      signal: stop.signal,
      hooks: {
        onStart: ({ state }) => state.nnet_ema.writePart("pos_embed", 5, Float32Array.of(NaN)),
        onProgress: () => stop.abort(),
        onCheckpoint: () => ok(false),
      },
    }),
    { message: /^the norm of the averaged weights is NaN after step \d+: training diverged/ },
  );
});

Deno.test("trainLoop() holds the same memory at the end as at the beginning", async () => {
  // In a process of its own: memory that other tests freed would hide what leaks here.
  const { code, stdout, stderr } = await new Deno.Command(Deno.execPath(), {
    args: ["run", "-A", "--no-check", import.meta.resolve("./watch_memory.ts")],
  }).output();
  equal(code, 0, new TextDecoder().decode(stderr));
  const lines = new TextDecoder().decode(stdout).trim().split("\n").map((line) =>
    line.split(" ").map(Number)
  );
  equal(lines.length, 40);
  for (const [, bytes, count] of lines) deepEqual([bytes, count], lines[0].slice(1));
  // Garbage comes and goes: the least of a stretch is what is held.
  const least = (from: number, to: number) =>
    Math.min(...lines.slice(from, to).map(([resident]) => resident)) / 2 ** 20;
  const growth = least(30, 40) - least(5, 15);
  ok(growth < 8, `${growth} MiB more after 250 steps`);
});
