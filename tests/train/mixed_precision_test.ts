import {
  deepStrictEqual as deepEqual,
  match,
  notDeepStrictEqual as notDeepEqual,
  ok,
  rejects,
  strictEqual as equal,
} from "node:assert/strict";
import { constant, evaluateReference, input, StateLayout, type Tensor } from "../../engine/mod.ts";
import {
  type Checkpoint,
  loadCheckpoint,
  saveCheckpoint,
} from "../../train/checkpoints/checkpoint.ts";
import type { LossScale } from "../../train/checkpoints/loss_scale_state.ts";
import type { Config } from "../../train/config/config.ts";
import { batches } from "../../train/data/batches.ts";
import { shapes } from "../../train/data/shapes.ts";
import type { LogEntry } from "../../train/files/log.ts";
import {
  FIRST_LOSS_SCALE,
  GRAD_SCALER,
  LOSS_SCALE_SHAPES,
  nextLossScale,
} from "../../train/loss_scale.ts";
import { memoryEstimate } from "../../train/memory_estimate.ts";
import { presets } from "../../train/config/presets.ts";
import { microBatches } from "../../train/data/micro_batches.ts";
import { trainLoop } from "../../train/train_loop.ts";
import { TrainStep } from "../../train/train_step.ts";
import { openDevice } from "../device.ts";
import { type Golden, readGolden } from "../golden.ts";
import { tinyConfig } from "../tiny_config.ts";
import {
  givenBatch,
  GOLDEN_STEPS,
  goldenBatches,
  goldenConfig,
  goldenStart,
} from "./golden_training.ts";

function inF16(file: Golden, micro_batches = 1, use_checkpoint = false): Config {
  const config = goldenConfig(file, micro_batches);
  return {
    ...config,
    train: { ...config.train, mixed_precision: "fp16" },
    nnet: { ...config.nnet, use_checkpoint },
  };
}

function open(device: Parameters<typeof TrainStep.create>[0], checkpoint: Checkpoint) {
  return TrainStep.create(device, checkpoint.config, {
    checkpoint,
    source: givenBatch,
    recordLength: GOLDEN_STEPS,
  });
}

for (const name of ["training_scalelong0", "training_scalelong3"]) {
  for (const micro_batches of [1, 2]) {
    // Each way of saving memory once with the other.
    const use_checkpoint = micro_batches === 2;
    const how = use_checkpoint ? ", in 2 micro-batches, recomputed" : "";
    Deno.test(`fp16 follows the f32 losses within 2%: ${name}${how}`, async () => {
      using device = await openDevice();
      const file = await readGolden(name);
      const config = inF16(file, micro_batches, use_checkpoint);
      using step = await open(device, goldenStart(file, config));
      for (let i = 0; i < GOLDEN_STEPS; i++) step.run(i, goldenBatches(file, i, micro_batches));
      const records = await step.records();
      const strayed = (values: number[], expected: number[]) =>
        values.map((v, i) => Math.abs(v / expected[i] - 1)).filter((error) => !(error <= 0.02));
      deepEqual(strayed(records.map(({ loss }) => loss), file.f64("loss")), []);
      deepEqual(strayed(records.map((r) => r.grad_norm), file.f64("grad_norm")), []);
      equal(records[GOLDEN_STEPS - 1].scaling?.skipped_steps, 0);
      const { loss_scale } = await step.checkpoint(GOLDEN_STEPS);
      deepEqual(loss_scale, { ...FIRST_LOSS_SCALE, growth_tracker: GOLDEN_STEPS });
    });
  }
}

for (const micro_batches of [1, 2]) {
  Deno.test(`fp16 skips a step that overflows, in ${micro_batches} micro-batches`, async () => {
    using device = await openDevice();
    const file = await readGolden("training_scalelong3");
    const start = goldenStart(file, inF16(file, micro_batches));
    const scale = 2 ** 60;
    using step = await open(device, { ...start, loss_scale: { ...FIRST_LOSS_SCALE, scale } });
    step.run(5, goldenBatches(file, 0, micro_batches));
    const { loss_scale, ...rest } = await step.checkpoint(0);
    deepEqual(rest, start);
    deepEqual(loss_scale, {
      scale: scale / 2,
      growth_tracker: 0,
      skipped_steps: 1,
      skipped_in_a_row: 1,
    });
    const [record] = await step.records();
    ok(Math.abs(record.loss / file.f64("loss")[0] - 1) < 0.02);
    ok(!Number.isFinite(record.grad_norm));
    deepEqual(record.scaling, { loss_scale: scale, skipped_steps: 1, skipped_in_a_row: 1 });
    ok((await step.overflown()).length > 0);
  });

  Deno.test(`fp16 goes on after skipped steps, in ${micro_batches} micro-batches`, async () => {
    using device = await openDevice();
    const file = await readGolden("training_scalelong0");
    const start = goldenStart(file, inF16(file, micro_batches));
    const loss_scale = { ...FIRST_LOSS_SCALE, scale: 2 ** 27 };
    using step = await open(device, { ...start, loss_scale });
    for (let i = 0; i < GOLDEN_STEPS; i++) step.run(5 + i, goldenBatches(file, 0, micro_batches));
    const records = await step.records();
    const last = records[GOLDEN_STEPS - 1];
    const skipped = last.scaling!.skipped_steps;
    ok(skipped > 1 && skipped < GOLDEN_STEPS - 2, `${skipped} skipped`);
    equal(last.scaling!.skipped_in_a_row, 0);
    deepEqual(
      records.map(({ grad_norm }) => Number.isFinite(grad_norm)),
      records.map((_, i) => i >= skipped),
    );
    ok(last.loss < records[0].loss);
    deepEqual(await step.overflown(), []);
    notDeepEqual((await step.checkpoint(GOLDEN_STEPS)).nnet, start.nnet);
  });
}

Deno.test("fp16's first step after skipped ones is the optimizer's first", async () => {
  using device = await openDevice();
  const file = await readGolden("training_scalelong0");
  const start = goldenStart(file, inF16(file));
  const updated = async (loss_scale: LossScale, at: number) => {
    using step = await open(device, { ...start, loss_scale });
    step.run(at, goldenBatches(file, 0, 1));
    const { nnet } = await step.checkpoint(1);
    return nnet["in_blocks.0.mlp.fc1.weight"].data;
  };
  const { warmup_steps } = start.config.lr_scheduler;
  const late = warmup_steps + 7;
  const scaling = { ...FIRST_LOSS_SCALE, skipped_steps: late };
  const before = start.nnet["in_blocks.0.mlp.fc1.weight"].data;
  const first = await updated(scaling, late);
  // Adam's first step is of the size of the rate, whatever the gradient.
  const { lr } = start.config.optimizer;
  const steps = [...first].map((v, i) => Math.abs(v - before[i]) / lr);
  steps.sort((a, b) => a - b);
  ok(Math.abs(steps[steps.length >> 1] - 1) < 0.02, `${steps[steps.length >> 1]}`);
});

Deno.test("fp16 resumed from a checkpoint's files equals the uninterrupted run", async () => {
  using device = await openDevice();
  const file = await readGolden("training_scalelong3");
  const start = { ...goldenStart(file, inF16(file)) };
  const loss_scale = { ...FIRST_LOSS_SCALE, scale: 2 ** 26 };
  const run = async (from: Checkpoint, end: number) => {
    using step = await open(device, from);
    for (let i = from.step; i < end; i++) step.run(i, goldenBatches(file, i, 1));
    return await step.checkpoint(end);
  };
  const whole = await run({ ...start, loss_scale }, 12);
  const half = await run({ ...start, loss_scale }, 6);
  const workdir = await Deno.makeTempDir();
  try {
    const resumed = await run(await loadCheckpoint(await saveCheckpoint(workdir, half, 1)), 12);
    deepEqual(resumed, whole);
  } finally {
    await Deno.remove(workdir, { recursive: true });
  }
  ok(half.loss_scale!.skipped_steps > 0);
});

Deno.test("fp16 ends a run that only skips and names where the gradient overflows", async () => {
  using device = await openDevice();
  const config = tinyConfig({ train: { mixed_precision: "fp16", n_steps: 100, log_interval: 20 } });
  using first = await TrainStep.create(device, config, { recordLength: 1 });
  const checkpoint = await first.checkpoint(0);
  checkpoint.nnet["mid_block.mlp.fc2.bias"].data.fill(1e30);
  const data = shapes({ image_size: config.dataset.image_size, n: 64, seed: 0 });
  const log: LogEntry[] = [];
  const run = trainLoop(device, config, data, {
    checkpoint,
    hooks: { onLog: (entry) => log.push(entry) },
  });
  await rejects(run, (error: Error) => {
    equal(error.name, "DivergedError");
    match(
      error.message,
      /^the gradient is not finite at "\w.*" and \d+ before it at step 50, and the last 50 steps were skipped/,
    );
    return true;
  });
  equal(log[1].loss_scale, 1);
  equal(log[1].skipped_steps, 40);
});

Deno.test("nextLossScale() moves as PyTorch's GradScaler does, down to a floor", () => {
  const layout = new StateLayout(LOSS_SCALE_SHAPES, "loss_scale");
  const next = (at: Partial<LossScale>, isGood: boolean) => {
    const before = { ...FIRST_LOSS_SCALE, ...at };
    const leaves = Object.keys(before).map((name) => [name, input(name, [])] as const);
    const state = { tensor: (name: string) => Object.fromEntries(leaves)[name] };
    const after = nextLossScale(
      Object.assign(Object.create(layout), state) as StateLayout,
      constant([isGood ? 1 : 0], []),
    );
    const values = Object.fromEntries(Object.entries(before).map(([k, v]) => [k, [v]]));
    const numbers = evaluateReference(Object.values(after) as Tensor[], values);
    return Object.fromEntries(Object.keys(after).map((name, i) => [name, numbers[i][0]]));
  };
  const { growth_interval } = GRAD_SCALER;
  const scale = 2 ** 16;
  deepEqual(next({ growth_tracker: 7, skipped_in_a_row: 3, skipped_steps: 4 }, true), {
    scale,
    growth_tracker: 8,
    skipped_steps: 4,
    skipped_in_a_row: 0,
  });
  deepEqual(next({ growth_tracker: growth_interval - 1 }, true), {
    scale: 2 * scale,
    growth_tracker: 0,
    skipped_steps: 0,
    skipped_in_a_row: 0,
  });
  deepEqual(next({ growth_tracker: 7, skipped_in_a_row: 3, skipped_steps: 4 }, false), {
    scale: scale / 2,
    growth_tracker: 0,
    skipped_steps: 5,
    skipped_in_a_row: 4,
  });
  equal(next({ scale: 1 }, false).scale, 1);
  equal(next({ scale: 2 ** 40 }, false).scale, 2 ** 39);
});

Deno.test("fp16 takes little more than half of f32's memory for activations", async () => {
  using device = await openDevice();
  const plan = (mixed_precision: "no" | "fp16") => {
    const { cifar10 } = presets;
    const train = { ...cifar10.train, batch_size: 32, mixed_precision };
    return memoryEstimate(device.capabilities, { ...cifar10, train }, 1).plan_bytes;
  };
  // The gradients of the weights and the noise remain f32.
  const gradients = 4 * 44.3e6;
  ok((plan("fp16") - gradients) / (plan("no") - gradients) < 0.6);
});

Deno.test("fp16 needs an adapter with 16-bit floats, and says so", async () => {
  using device = await openDevice({ withoutF16: true });
  const config = tinyConfig({ train: { mixed_precision: "fp16" } });
  await rejects(
    TrainStep.create(device, config, { recordLength: 1 }),
    /^UsageError: train\.mixed_precision: ".+" has no 16-bit floats \(shader-f16\); set train\./,
  );
});

Deno.test("fp16 trains the UNet as f32 does, attention, dropout and gates included", async () => {
  using device = await openDevice();
  const { quickstart_unet: preset } = presets;
  const losses = async (mixed_precision: "no" | "fp16") => {
    const config: Config = {
      ...preset,
      train: { ...preset.train, batch_size: 4, mixed_precision },
      lr_scheduler: { name: "customized", warmup_steps: 0 },
      nnet: {
        ...preset.nnet,
        img_size: 8,
        ch: 32,
        ch_mult: [1],
        num_res_blocks: 1,
        attn_resolutions: [8],
        dropout: 0.1,
        scalelong: 3,
      },
      dataset: { ...preset.dataset, image_size: 8, n: 16 },
    };
    const data = batches(shapes({ image_size: 8, n: 16, seed: 0 }), {
      seed: 0,
      random_flip: false,
    });
    using step = await TrainStep.create(device, config, { recordLength: 6 });
    for (let i = 0; i < 6; i++) step.run(i, microBatches(config, await data.at(4 * i, 4), i));
    return (await step.records()).map(({ loss }) => loss);
  };
  const expected = await losses("no");
  const strayed = (await losses("fp16")).map((v, i) => Math.abs(v / expected[i] - 1));
  deepEqual(strayed.filter((error) => !(error <= 0.02)), []);
});
