import { deepStrictEqual as deepEqual, ok } from "node:assert/strict";
import type { LossAverageState } from "../../train/checkpoints/loss_average_state.ts";
import { shapes } from "../../train/data/shapes.ts";
import { TrainStep } from "../../train/train_step.ts";
import { type TrainedStep, trainSteps } from "../../train/train_steps.ts";
import { openDevice } from "../device.ts";
import { tinyConfig } from "../tiny_config.ts";

const config = tinyConfig({
  train: { n_steps: 12, log_interval: 5, save_interval: 8, eval_interval: 100 },
});
const data = shapes({ image_size: 8, n: config.dataset.n, seed: config.seed });

Deno.test("trainSteps() yields each step once, and what is due with the device at that step", async () => {
  using device = await openDevice();
  using step = await TrainStep.create(device, config, { recordLength: 4 });
  const records: TrainedStep[] = [];
  for await (const record of trainSteps(step, data)) records.push(record);
  deepEqual(records.map((r) => r.step), Array.from({ length: 12 }, (_, i) => i + 1));
  const due = (what: "log" | "save" | "eval") =>
    records.filter((r) => r.due[what]).map((r) => r.step);
  deepEqual([due("log"), due("save"), due("eval")], [[5, 10, 12], [8, 12], [12]]);
  ok(records.every(({ due, is_latest }) => is_latest || !(due.log || due.save || due.eval)));
  ok(records.every(({ skipped, loss_average }) => !skipped && loss_average > 0));
  ok(Math.abs(records[0].loss_average - records[0].loss) < 1e-12);
  ok(Number.isNaN(records[0].steps_per_s) && records[11].steps_per_s > 0);
});

Deno.test("trainSteps() may be left early and goes on from the steps done", async () => {
  using device = await openDevice();
  using step = await TrainStep.create(device, config, { recordLength: 1 });
  const losses: number[][] = [];
  let loss_average: LossAverageState | undefined;
  for await (const record of trainSteps(step, data)) {
    losses.push([record.loss, record.loss_average]);
    loss_average = record.loss_average_state;
    if (record.step === 5) break;
  }
  for await (const record of trainSteps(step, data, { done: 5, loss_average })) {
    losses.push([record.loss, record.loss_average]);
  }
  using whole = await TrainStep.create(device, config, { recordLength: 64 });
  const all: number[][] = [];
  for await (const record of trainSteps(whole, data)) {
    all.push([record.loss, record.loss_average]);
  }
  deepEqual(losses, all);
  for await (const _ of trainSteps(whole, data, { done: 12 })) ok(false);
  for await (const _ of trainSteps(whole, data, { signal: AbortSignal.abort() })) ok(false);
});
