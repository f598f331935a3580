import {
  deepStrictEqual as deepEqual,
  ok,
  rejects,
  strictEqual as equal,
} from "node:assert/strict";
import type { Device, HostArray } from "../../engine/mod.ts";
import type { Config } from "../../train/config/config.ts";
import { batches } from "../../train/data/batches.ts";
import { shapes } from "../../train/data/shapes.ts";
import { learningRate } from "../../train/config/learning_rate.ts";
import { batchKey, microBatches } from "../../train/data/micro_batches.ts";
import { TrainStep } from "../../train/train_step.ts";
import { openDevice } from "../device.ts";
import { distance, readGolden } from "../golden.ts";
import { tinyConfig, tinyUnet } from "../tiny_config.ts";
import {
  givenBatch,
  GOLDEN_STEPS,
  goldenBatches,
  goldenConfig,
  goldenStart,
} from "./golden_training.ts";

const TOLERANCE = 1e-4;
for (const name of ["training_scalelong0", "training_scalelong3"]) {
  for (const micro_batches of [1, 2]) {
    const how = micro_batches === 1 ? "" : `, in ${micro_batches} micro-batches`;
    Deno.test(`TrainStep trains as the reference does: ${name}${how}`, async () => {
      using device = await openDevice();
      const file = await readGolden(name);
      const config = goldenConfig(file, micro_batches);
      using step = await TrainStep.create(device, config, {
        checkpoint: goldenStart(file, config),
        source: givenBatch,
        recordLength: GOLDEN_STEPS,
      });
      for (let i = 0; i < GOLDEN_STEPS; i++) step.run(i, goldenBatches(file, i, micro_batches));
      const records = await step.records();
      const each = (actual: number[], expected: number[]) => {
        equal(actual.length, expected.length);
        return actual.map((value, i) => Math.abs(value / expected[i] - 1)).filter((e) =>
          !(e <= 1e-5)
        );
      };
      deepEqual(each(records.map(({ loss }) => loss), file.f64("loss")), []);
      deepEqual(each(records.map(({ grad_norm }) => grad_norm), file.f64("grad_norm")), []);
      const rates = records.map((_, i) => learningRate(config, i));
      ok(distance(rates, file.f64("lr")) < 1e-12);

      const { nnet, nnet_ema } = await step.checkpoint(GOLDEN_STEPS);
      for (const [prefix, values] of [["final.", nnet], ["ema.", nnet_ema]] as const) {
        const expected = file.group(prefix);
        deepEqual(Object.keys(values), Object.keys(expected));
        const strayed = Object.keys(expected)
          .map((key) => [key, distance(values[key].data, expected[key].data)] as const)
          .filter(([, error]) => !(error <= TOLERANCE));
        deepEqual(strayed, [], prefix);
      }
    });
  }
}

/** Counts what goes to the device's queue while `work` runs. */
function submitsOf(device: Device, work: () => void): number {
  const { queue } = device.gpu;
  const submit = queue.submit;
  let count = 0;
  queue.submit = (commands) => {
    count += [...commands].length;
    return submit.call(queue, commands);
  };
  try {
    work();
  } finally {
    queue.submit = submit;
  }
  return count;
}

/** The inputs of step 0 of a run on shapes. */
async function firstBatches(config: Config): Promise<Record<string, HostArray>[]> {
  const { dataset, seed, train } = config;
  const data = shapes({ image_size: dataset.image_size, n: dataset.n, seed });
  const walk = batches(data, { seed, random_flip: false });
  return microBatches(config, await walk.at(0, train.batch_size), 0);
}

Deno.test("TrainStep is one submit, or one per micro-batch and one more", async () => {
  using device = await openDevice();
  for (const [micro_batches, submits] of [[1, 1], [4, 5]]) {
    const config = tinyConfig({ train: { micro_batches, grad_clip: 1 } });
    using step = await TrainStep.create(device, config, { recordLength: 3 });
    const inputs = await firstBatches(config);
    for (let i = 0; i < 3; i++) equal(submitsOf(device, () => step.run(i, inputs)), submits);
    equal(step.launches.submits, submits);
    equal((await step.records()).length, 3);
  }
});

Deno.test("TrainStep does not depend on how a batch is split", async () => {
  using device = await openDevice();
  const losses: number[] = [];
  const norms: number[] = [];
  const weights: Float32Array[] = [];
  for (const micro_batches of [1, 2, 8]) {
    const config = tinyConfig({ train: { micro_batches }, lr_scheduler: { warmup_steps: 0 } });
    using step = await TrainStep.create(device, config, { recordLength: 1 });
    step.run(0, await firstBatches(config));
    const [{ loss, grad_norm }] = await step.records();
    losses.push(loss);
    norms.push(grad_norm);
    weights.push((await step.checkpoint(1)).exp_avg["in_blocks.0.attn.qkv.weight"].data);
  }
  ok(distance(losses, losses.map(() => losses[0])) < 1e-5, `${losses}`);
  ok(distance(norms, norms.map(() => norms[0])) < 1e-5, `${norms}`);
  for (const other of weights) ok(distance(other, weights[0]) < 1e-5);
});

Deno.test("TrainStep drops the same values of a UNet however a batch is split", async () => {
  using device = await openDevice();
  const lossOf = async (micro_batches: number, dropout: number) => {
    const config = tinyUnet({ train: { micro_batches }, nnet: { dropout } });
    using step = await TrainStep.create(device, config, { recordLength: 1 });
    step.run(0, await firstBatches(config));
    return (await step.records())[0].loss;
  };
  const loss = await lossOf(1, 0.5);
  ok(Math.abs(await lossOf(4, 0.5) / loss - 1) < 1e-5);
  ok(Math.abs(await lossOf(1, 0) / loss - 1) > 1e-4);
});

Deno.test("TrainStep records the norm before clipping and moves by the clipped gradient", async () => {
  using device = await openDevice();
  const moments = async (grad_clip: number) => {
    const config = tinyConfig({ train: { grad_clip } });
    using step = await TrainStep.create(device, config, { recordLength: 1 });
    step.run(0, await firstBatches(config));
    const [{ grad_norm }] = await step.records();
    const { exp_avg } = await step.checkpoint(1);
    return { grad_norm, moment: exp_avg["decoder_pred.weight"].data };
  };
  const free = await moments(0);
  const clipped = await moments(0.5 * free.grad_norm);
  equal(clipped.grad_norm, free.grad_norm);
  ok(distance(clipped.moment, free.moment.map((v) => v / 2)) < 1e-5);
  ok(distance((await moments(2 * free.grad_norm)).moment, free.moment) < 1e-6);
});

Deno.test("TrainStep starts from the seed's weights, averages alike and moments of zero", async () => {
  using device = await openDevice();
  const start = async (seed: number) => {
    using step = await TrainStep.create(device, tinyConfig({ seed }), { recordLength: 1 });
    const { nnet, nnet_ema, exp_avg, exp_avg_sq } = await step.checkpoint(0);
    deepEqual(nnet_ema, nnet);
    for (const { data } of [...Object.values(exp_avg), ...Object.values(exp_avg_sq)]) {
      ok(data.every((v) => v === 0));
    }
    const sizes = Object.values(nnet).map(({ data }) => data.length);
    equal(step.parameters, sizes.reduce((a, b) => a + b));
    return nnet.pos_embed.data;
  };
  const first = await start(1);
  deepEqual(await start(1), first);
  ok(distance(await start(2), first) > 0.1);
});

Deno.test("TrainStep gives back all memory", async () => {
  using device = await openDevice();
  for (const micro_batches of [1, 2]) {
    const before = [device.bufferBytes, device.bufferCount];
    const config = tinyConfig({ train: { micro_batches } });
    const step = await TrainStep.create(device, config, { recordLength: 1 });
    step.run(0, await firstBatches(config));
    await step.records();
    ok(device.bufferBytes > before[0]);
    step[Symbol.dispose]();
    deepEqual([device.bufferBytes, device.bufferCount], before);
  }
});

const PARTS = ["nnet", "nnet_ema", "exp_avg", "exp_avg_sq"] as const;

Deno.test("TrainStep.norms() are the norms of the state's parts", async () => {
  using device = await openDevice();
  using step = await TrainStep.create(device, tinyConfig(), { recordLength: 1 });
  for (const part of PARTS) {
    for (const name of step.state[part].names) {
      const size = step.state[part].entry(name).size;
      step.state[part].write(name, Float32Array.from({ length: size }, (_, i) => i % 3 + 0.5));
    }
  }
  const { nnet, nnet_ema, exp_avg, exp_avg_sq } = await step.norms();
  const values = Object.values(await step.state.nnet.read());
  const total = (f: (v: number) => number) =>
    Math.sqrt(values.reduce((sum, data) => data.reduce((s, v) => s + f(v), sum), 0));
  const near = (actual: number, expected: number) =>
    ok(Math.abs(actual / expected - 1) < 1e-5, `${actual}, not ${expected}`);
  for (const norm of [nnet, nnet_ema, exp_avg]) near(norm, total((v) => v * v));
  near(exp_avg_sq, total((v) => v));
});

Deno.test("TrainStep.checkpoint() refuses a state with a value that is not finite", async () => {
  using device = await openDevice();
  using step = await TrainStep.create(device, tinyConfig(), { recordLength: 1 });
  const cases = [
    ["nnet", NaN, "weights is NaN"],
    ["nnet_ema", Infinity, "averaged weights is Infinity"],
    ["exp_avg", -Infinity, "first moments is Infinity"],
    ["exp_avg_sq", NaN, "second moments is NaN"],
  ] as const;
  for (const [part, value, says] of cases) {
    const name = step.state[part].names.at(-1)!;
    const last = step.state[part].entry(name).size - 1;
    step.state[part].writePart(name, last, Float32Array.of(value));
    await rejects(step.checkpoint(7), {
      name: "DivergedError",
      message: new RegExp(`^the norm of the ${says} after step 7: training diverged; try a lower`),
      step: 7,
      kind: "state",
    });
    step.state[part].writePart(name, last, Float32Array.of(0));
    equal((await step.checkpoint(7)).step, 7);
  }
});

Deno.test("batchKey() holds the whole seed", () => {
  deepEqual([...batchKey(2 ** 32 * 3 + 7, 5, 64)], [7, 3, 5, 64]);
});

Deno.test("a TrainStep that cannot be made leaves no device memory", async () => {
  using device = await openDevice();
  const { pipeline } = device;
  for (const micro_batches of [1, 2]) {
    device.pipeline = function (...kernel) {
      // With micro-batches the first plan is built before the second fails.
      if (kernel[1] === "sum_of_squares") throw new Error("refused");
      return pipeline.apply(this, kernel);
    };
    await rejects(
      TrainStep.create(device, tinyConfig({ train: { micro_batches } }), { recordLength: 1 }),
      /refused/,
    );
    equal(device.bufferBytes, 0);
  }
});
