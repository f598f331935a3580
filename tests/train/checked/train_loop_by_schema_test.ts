import { rejects, strictEqual as equal } from "node:assert/strict";
import { trainLoop } from "../../../train/mod.ts";
import type { Checkpoint } from "../../../train/checkpoints/checkpoint.ts";
import type { Config } from "../../../train/config/config.ts";
import type { ImageSource } from "../../../train/data/image_source.ts";
import { inMemorySource } from "../../../train/data/in_memory_source.ts";
import { shapes } from "../../../train/data/shapes.ts";
import type { TrainLoopOptions } from "../../../train/train_loop.ts";
import { openDevice } from "../../device.ts";
import { tinyConfig } from "../../tiny_config.ts";

const config = tinyConfig({ train: { n_steps: 1 } });
const data = shapes({ image_size: 8, n: 64, seed: 0 });

/** A configuration as a program without types may write it. */
function loose(section: "train" | "nnet", changes: Record<string, unknown>): Config {
  return { ...config, [section]: { ...config[section], ...changes } } as Config;
}

Deno.test("trainLoop() of the library refuses what the command refuses, in words of settings", async () => {
  using device = await openDevice();
  let last: Checkpoint | null = null;
  const onCheckpoint = (c: Checkpoint) => void (last = c);
  equal(await trainLoop(device, config, data, { hooks: { onCheckpoint } }), 1);
  const checkpoint = last!;
  const before = device.bufferBytes;
  const renamed = inMemorySource({ ...data, class_names: data.class_names.with(0, "a blob") });

  const refused: [Config, ImageSource, TrainLoopOptions, string | RegExp][] = [
    [
      loose("train", { batchsize: 4 }),
      data,
      {},
      "train.batchsize: there is no such setting; did you mean train.batch_size?",
    ],
    [loose("nnet", { scalelong: 9 }), data, {}, "nnet.scalelong: expected 0, 1, 2, 3 or 4, got 9"],
    [loose("nnet", { patch_size: 3 }), data, {}, /^nnet\.patch_size: .*; take a divisor of 8$/],
    [
      loose("nnet", { num_classes: 5 }),
      data,
      {},
      /^nnet\.num_classes: .* set nnet\.num_classes=17$/,
    ],
    [
      config,
      data,
      { probe_interval: 0.5 },
      /^probe_interval: expected a whole number .* got 0\.5$/,
    ],
    [
      loose("nnet", { scalelong: 3 }),
      data,
      { checkpoint },
      "the checkpoint was trained with other settings; leave it out, or give it as step 0 to start " +
      "from its weights, or take these back:\n" +
      "nnet.scalelong: the checkpoint was trained with 0, this run asks for 3",
    ],
    [config, renamed, { checkpoint }, /\nlabel 0 was "red circle", now "a blob"$/],
  ];
  for (const [config, data, options, message] of refused) {
    await rejects(trainLoop(device, config, data, options), { name: "UsageError", message });
  }
  equal(device.bufferBytes, before);
});

Deno.test("trainLoop() of the library starts another run from a checkpoint given as step 0", async () => {
  using device = await openDevice();
  let last: Checkpoint | null = null;
  const onCheckpoint = (c: Checkpoint) => void (last = c);
  await trainLoop(device, config, data, { hooks: { onCheckpoint } });
  const other = { ...config, seed: 9 };
  await rejects(trainLoop(device, other, data, { checkpoint: last }), /^UsageError: .*\nseed: /);
  const checkpoint = { ...last!, step: 0 };
  equal(await trainLoop(device, other, data, { checkpoint }), 1);
});

Deno.test("trainLoop() of the library speaks of settings where training diverges", async () => {
  using device = await openDevice();
  const wild = tinyConfig({ optimizer: { lr: 1e30 }, lr_scheduler: { warmup_steps: 0 } });
  await rejects(trainLoop(device, wild, data), (error: Error) => {
    equal(error.name, "DivergedError");
    return /try a lower optimizer\.lr, /.test(error.message) && !error.message.includes("--");
  });
});
