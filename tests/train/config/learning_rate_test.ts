import { deepStrictEqual as deepEqual, ok, strictEqual as equal } from "node:assert/strict";
import type { Config } from "../../../train/config/config.ts";
import { learningRate } from "../../../train/config/learning_rate.ts";
import { presets } from "../../../train/config/presets.ts";

function rates(name: Config["lr_scheduler"]["name"], warmup_steps: number, n: number): number[] {
  const config = structuredClone(presets.quickstart);
  config.lr_scheduler = { name, warmup_steps };
  config.optimizer.lr = 0.01;
  config.train.n_steps = 12;
  return Array.from({ length: n }, (_, step) => learningRate(config, step));
}

Deno.test("learningRate() customized is the reference's: linear from 0, then constant", () => {
  const level = [0.01, 0.01, 0.01, 0.01, 0.01, 0.01, 0.01];
  deepEqual(rates("customized", 5, 12), [0, 0.002, 0.004, 0.006, 0.008, ...level]);
  deepEqual(rates("customized", 0, 2), [0.01, 0.01]);
});

Deno.test("learningRate() cosine is lr after warm-up, half of it midway, and 0 at the end", () => {
  const found = rates("cosine", 4, 14);
  deepEqual(found.slice(0, 5), [0, 0.0025, 0.005, 0.0075, 0.01]);
  ok(Math.abs(found[8] - 0.005) < 1e-12);
  for (let step = 5; step <= 12; step++) ok(found[step] < found[step - 1]);
  equal(found[12], 0);
  equal(found[13], 0);
});

Deno.test("learningRate() cosine handles a warm-up longer than the run", () => {
  deepEqual(rates("cosine", 20, 3), [0, 0.0005, 0.001]);
  equal(rates("cosine", 12, 13)[12], 0);
});
