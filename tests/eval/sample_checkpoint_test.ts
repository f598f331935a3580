import {
  deepStrictEqual as deepEqual,
  notDeepStrictEqual as notDeepEqual,
  ok,
  rejects,
} from "node:assert/strict";
import { sampleCheckpoint, type SampleOptions } from "../../eval/sample_checkpoint.ts";
import type { Checkpoint } from "../../train/checkpoints/checkpoint.ts";
import type { Config } from "../../train/config/config.ts";
import { shapes } from "../../train/data/shapes.ts";
import { trainLoop } from "../../train/train_loop.ts";
import { openDevice } from "../device.ts";
import { tinyConfig } from "../tiny_config.ts";

const device = await openDevice();
Deno.test.afterAll(() => device[Symbol.dispose]());

/** The checkpoint after a step of training. */
async function trained(config: Config): Promise<Checkpoint> {
  const data = shapes({ image_size: 8, n: 64, seed: 0 });
  let last: Checkpoint;
  const onCheckpoint = (c: Checkpoint) => void (last = c);
  await trainLoop(device, config, data, { hooks: { onCheckpoint } });
  return last!;
}

Deno.test("sampleCheckpoint() draws image i of a seed alike, however many are drawn at once", async () => {
  const checkpoint = await trained(tinyConfig({ train: { n_steps: 1, batch_size: 8 } }));
  const options: SampleOptions = { sampler: "dpm_solver", steps: 4, labels: [3, 1], seed: 7 };
  const done: number[] = [];
  const five = await sampleCheckpoint(device, checkpoint, {
    ...options,
    n: 5,
    batch_size: 2,
    onProgress: (part, n) => done.push(part / n),
  });
  deepEqual([five.n, five.channels, five.image_size], [5, 3, 8]);
  deepEqual(five.labels, Int32Array.of(3, 1, 3, 1, 3));
  deepEqual([five.images.length, done[0], done.at(-1)], [5 * 3 * 8 * 8, 0, 1]);
  const three = await sampleCheckpoint(device, checkpoint, { ...options, n: 3 });
  ok(three.images.every((byte, i) => Math.abs(byte - five.images[i]) <= 1));
  const other = await sampleCheckpoint(device, checkpoint, { ...options, n: 3, seed: 8 });
  ok(other.images.some((byte, i) => Math.abs(byte - three.images[i]) > 1));
});

Deno.test("sampleCheckpoint() takes what is left out from the run, and every class in turn", async () => {
  const checkpoint = await trained(tinyConfig({
    train: { n_steps: 1, batch_size: 8 },
    sample: { algorithm: "ddim", sample_steps: 3, grid: "quadratic", scale: 0 },
  }));
  const usual = await sampleCheckpoint(device, checkpoint, { n: 18 });
  deepEqual(usual.labels, Int32Array.from({ length: 18 }, (_, i) => i % 16));
  const named = { n: 18, sampler: "ddim", steps: 3, scale: 0, limit: "clip" } as const;
  const asked = await sampleCheckpoint(device, checkpoint, { ...named, grid: "quadratic" });
  deepEqual(asked.images, usual.images);
  deepEqual((await sampleCheckpoint(device, checkpoint, named)).images, usual.images);
  const other = await sampleCheckpoint(device, checkpoint, { ...named, grid: "uniform" });
  notDeepEqual(other.images, usual.images);
  // How the run's sampler works is not asked of another.
  await sampleCheckpoint(device, checkpoint, { n: 1, sampler: "euler_maruyama_ode", steps: 1 });
});

Deno.test("sampleCheckpoint() frees what it allocates, and says what the network cannot take", async () => {
  const config = tinyConfig({
    train: { n_steps: 1, batch_size: 8, mode: "uncond", p_uncond: 0 },
    nnet: { num_classes: -1 },
  });
  const checkpoint = await trained(config);
  const before = device.bufferBytes;
  const { labels } = await sampleCheckpoint(device, checkpoint, { n: 1, steps: 2 });
  deepEqual([labels, device.bufferBytes], [null, before]);
  const refused: [SampleOptions, RegExp][] = [
    [{ n: 0 }, /^n: expected a whole number of at least 1, got 0$/],
    [{ labels: [1] }, /^labels: this network was trained without labels; leave them out$/],
    [{ scale: 2 }, /^scale: guidance needs a network that has learned with labels/],
    [{ sampler: "euler" }, /euler/],
    [
      { sampler: "dpm_solver", variant: "adaptive", order: 1 },
      /^order: adaptive compares two orders; take 2 or 3$/,
    ],
    [{ limit: "clamp" as never }, /^limit: expected one of none, clip, threshold, got clamp$/],
  ];
  for (const [options, message] of refused) {
    await rejects(sampleCheckpoint(device, checkpoint, options), { name: "UsageError", message });
  }
  const classes = { ...checkpoint, config: tinyConfig() };
  await rejects(sampleCheckpoint(device, classes, { labels: [0, 16] }), {
    message: "labels: there is no class 16; this network knows 0 to 15",
  });
});
