import { deepStrictEqual as deepEqual, ok, strictEqual as equal } from "node:assert/strict";
import { type HostArray, input } from "../../engine/mod.ts";
import { conditioningOf, conditionInput } from "../../nets/conditioning.ts";
import { conditionInputs, conditionRows, withDropped } from "../../nets/conditions.ts";
import { sampleLatents } from "../../nets/latent_moments.ts";
import type { Config } from "../../train/config/config.ts";
import { learningRate } from "../../train/config/learning_rate.ts";
import { TrainStep } from "../../train/train_step.ts";
import type { BatchSource } from "../../train/diffusion/drawn_batch.ts";
import { openDevice } from "../device.ts";
import { distance, type Golden, goldenNnet, readGolden } from "../golden.ts";
import { tinyConfig } from "../tiny_config.ts";
import { goldenStart } from "./golden_training.ts";

const STEPS = 8;
const BATCH = 4;

/** Noise and steps that are given; latents and condition as training has them. */
const givenLatents = (scale_factor: number): BatchSource => (shape, conditioning) => ({
  x0: sampleLatents(
    input("moments", [shape[0], 2 * shape[1], ...shape.slice(2)]),
    input("latent_noise", shape),
    { scale_factor },
  ),
  t: input("t", [shape[0]]),
  noise: input("noise", shape),
  condition: conditionInput(conditioning, shape[0]),
});

function configOf({ metadata }: Golden, micro_batches: number): Config {
  return tinyConfig({
    train: {
      micro_batches,
      n_steps: STEPS,
      batch_size: BATCH,
      p_uncond: Number(metadata.p_uncond),
      ema_rate: Number(metadata.ema_rate),
    },
    optimizer: JSON.parse(metadata.optimizer),
    lr_scheduler: { name: "customized", warmup_steps: Number(metadata.warmup_steps) },
    nnet: { ...goldenNnet(metadata), use_checkpoint: micro_batches > 1 },
    process: {
      schedule: "vp_discrete",
      beta_spacing: "scaled_linear",
      beta_first: 0.00085,
      beta_last: 0.012,
      beta_steps: 1000,
    },
  });
}

/** The inputs of a golden step, by micro-batch. */
function batchesOf(file: Golden, { nnet }: Config, step: number, parts: number) {
  const n = BATCH / parts;
  return Array.from({ length: parts }, (_, part): Record<string, HostArray> => {
    const rows = <A extends Float32Array | Int32Array>({ data }: { data: A }) => {
      const width = data.length / (STEPS * BATCH);
      const first = step * BATCH + part * n;
      return data.slice(first * width, (first + n) * width) as A;
    };
    const drops = rows(file.i32("drop")!);
    const conditioning = conditioningOf(nnet);
    const given = conditionRows(conditioning, { context: rows(file.f32("context")) })!;
    const none = conditionRows(conditioning, { context: file.f32("empty_context").data })!;
    return {
      moments: rows(file.f32("moments")),
      latent_noise: rows(file.f32("latent_noise")),
      t: Float32Array.from(rows(file.i32("n")!), (n) => n / 1000),
      noise: rows(file.f32("noise")),
      ...conditionInputs(conditioning, withDropped(given, none, (i) => drops[i] === 1)),
    };
  });
}

Deno.test("TrainStep trains a network of texts as the reference does, whole and in parts", async () => {
  using device = await openDevice();
  const file = await readGolden("t2i_training_scalelong3");
  for (const micro_batches of [1, 2]) {
    const config = configOf(file, micro_batches);
    using step = await TrainStep.create(device, config, {
      checkpoint: goldenStart(file, config),
      source: givenLatents(Number(file.metadata.scale_factor)),
      recordLength: STEPS,
    });
    for (let i = 0; i < STEPS; i++) step.run(i, batchesOf(file, config, i, micro_batches));
    const records = await step.records();
    equal(records.length, STEPS);
    const strayed = (["loss", "grad_norm"] as const).flatMap((name) =>
      records.map((record, i) => Math.abs(record[name] / file.f64(name)[i] - 1))
        .filter((error) => !(error <= 1e-5))
    );
    deepEqual(strayed, []);
    ok(distance(records.map((_, i) => learningRate(config, i)), file.f64("lr")) < 1e-12);
    const { nnet, nnet_ema } = await step.checkpoint(STEPS);
    for (const [prefix, values] of [["final.", nnet], ["ema.", nnet_ema]] as const) {
      const expected = file.group(prefix);
      deepEqual(Object.keys(values).sort(), Object.keys(expected).sort());
      const errors = Object.keys(expected)
        .map((key) => [key, distance(values[key].data, expected[key].data)] as const)
        .filter(([, error]) => !(error <= 1e-4));
      deepEqual(errors, [], prefix);
    }
  }
});
