import { deepStrictEqual as deepEqual, ok } from "node:assert/strict";
import { compile, input, State } from "../../engine/mod.ts";
import type { OptimizerConfig } from "../../train/config/config.ts";
import { learningRate } from "../../train/config/learning_rate.ts";
import { optimizerInputs, type OptimizerState, optimizerUpdate } from "../../train/optimizer.ts";
import { openDevice } from "../device.ts";
import { distance } from "../golden.ts";
import { tinyConfig } from "../tiny_config.ts";

const SHAPES = { a: [3, 5], b: [70] };
const SIZE = 85;
const STEPS = 6;

const wave = (phase: number) =>
  Float32Array.from({ length: SIZE }, (_, i) => Math.sin(3.7 * i + phase));

/** Weights, average and gradient norms after a few steps in plain float64 arithmetic. */
function plainly(config: ReturnType<typeof tinyConfig>) {
  const { name, betas: [b1, b2], eps, weight_decay } = config.optimizer;
  const { ema_rate, grad_clip } = config.train;
  const p = Array.from(wave(0));
  const ema = [...p];
  const m = new Array<number>(SIZE).fill(0);
  const v = new Array<number>(SIZE).fill(0);
  const norms: number[] = [];
  for (let step = 0; step < STEPS; step++) {
    const lr = learningRate(config, step);
    const grad = Array.from(wave(step + 1));
    const norm = Math.sqrt(grad.reduce((sum, g) => sum + g * g, 0));
    norms.push(norm);
    const clip = grad_clip > 0 && norm > grad_clip ? grad_clip / norm : 1;
    for (let i = 0; i < SIZE; i++) {
      let g = clip * grad[i];
      if (name === "adamw") p[i] -= lr * weight_decay * p[i];
      else g += weight_decay * p[i];
      m[i] = b1 * m[i] + (1 - b1) * g;
      v[i] = b2 * v[i] + (1 - b2) * g * g;
      const mean = m[i] / (1 - b1 ** (step + 1));
      const variance = v[i] / (1 - b2 ** (step + 1));
      p[i] -= lr * mean / (Math.sqrt(variance) + eps);
      ema[i] = ema_rate * ema[i] + (1 - ema_rate) * p[i];
    }
  }
  return { p, ema, m, v, norms };
}

const cases: { name: string; optimizer?: Partial<OptimizerConfig>; grad_clip?: number }[] = [
  { name: "AdamW" },
  { name: "AdamW without decay", optimizer: { weight_decay: 0 } },
  { name: "Adam", optimizer: { name: "adam" } },
  { name: "Adam without decay", optimizer: { name: "adam", weight_decay: 0 } },
  { name: "AdamW of other memory", optimizer: { betas: [0, 0.5], eps: 0.1 } },
  { name: "AdamW, clipped", grad_clip: 0.5 },
  { name: "Adam, clipped", optimizer: { name: "adam" }, grad_clip: 2 },
  { name: "AdamW that would clip larger gradients", grad_clip: 100 },
];

for (const { name, optimizer, grad_clip = 0 } of cases) {
  Deno.test(`optimizerUpdate() agrees with float64 arithmetic: ${name}`, async () => {
    const config = tinyConfig({
      // Decay and eps are large enough that their place in the formula shows.
      optimizer: { lr: 0.05, weight_decay: 0.5, betas: [0.9, 0.99], eps: 0.02, ...optimizer },
      train: { grad_clip, ema_rate: 0.8 },
      lr_scheduler: { name: "customized", warmup_steps: 2 },
    });
    using device = await openDevice();
    using nnet = new State(device, SHAPES, "nnet");
    using nnet_ema = new State(device, SHAPES, "nnet_ema");
    using exp_avg = new State(device, SHAPES, "exp_avg");
    using exp_avg_sq = new State(device, SHAPES, "exp_avg_sq");
    const state: OptimizerState = { nnet, nnet_ema, exp_avg, exp_avg_sq };
    const parts = (all: Float32Array) => ({ a: all.slice(0, 15), b: all.slice(15) });
    for (const s of [nnet, nnet_ema]) {
      for (const [key, data] of Object.entries(parts(wave(0)))) s.write(key, data);
    }
    const grads = nnet.pack({ a: input("a", SHAPES.a), b: input("b", SHAPES.b) });
    const { updates, grad_norm } = optimizerUpdate(grads, state, config);
    using plan = await compile(device, {
      outputs: { grad_norm },
      updates,
      record: ["grad_norm"],
      recordLength: STEPS,
    });
    for (let step = 0; step < STEPS; step++) {
      plan.run({ ...parts(wave(step + 1)), ...optimizerInputs(config, step) });
    }
    const whole = async (s: State) => {
      const { a, b } = await s.read();
      return [...a, ...b];
    };
    const expected = plainly(config);
    const pairs: [string, ArrayLike<number>, number[]][] = [
      ["norms", (await plan.records()).grad_norm, expected.norms],
      ["weights", await whole(nnet), expected.p],
      ["average", await whole(nnet_ema), expected.ema],
      ["first moment", await whole(exp_avg), expected.m],
      ["second moment", await whole(exp_avg_sq), expected.v],
    ];
    const errors = pairs.map(([what, actual, expected]) =>
      [what, distance(actual, expected)] as const
    );
    deepEqual(errors.filter(([, error]) => !(error < 2e-6)), []);
  });
}

Deno.test("optimizerInputs() leaves the weights as they are where the rate is 0", () => {
  const config = tinyConfig({ lr_scheduler: { name: "customized", warmup_steps: 2 } });
  const { decay, step_size } = optimizerInputs(config, 0);
  deepEqual([...decay, ...step_size], [1, 0]);
  ok(optimizerInputs(config, 1).step_size[0] > 0);
});
