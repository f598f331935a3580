import { deepStrictEqual as deepEqual, ok, throws } from "node:assert/strict";
import { ancestors } from "../../engine/graph.ts";
import { constant, evaluateReference, StateLayout } from "../../engine/mod.ts";
import { stateOp } from "../../engine/state_layout.ts";
import { batches } from "../../train/data/batches.ts";
import { shapes } from "../../train/data/shapes.ts";
import { probeTensors } from "../../train/probes.ts";
import { microBatches } from "../../train/data/micro_batches.ts";
import { TrainStep } from "../../train/train_step.ts";
import { trainStepGraph } from "../../train/train_step_graph.ts";
import { openDevice } from "../device.ts";
import { tinyConfig } from "../tiny_config.ts";

Deno.test("probeTensors() of a step worked by hand", () => {
  const layout = new StateLayout({ "a.weight": [2], "a.bias": [1], "b.weight": [3] }, "nnet");
  const segment = (at: Record<number, number>) => {
    const data = new Float32Array(layout.lengths[0]);
    for (const [i, value] of Object.entries(at)) data[Number(i)] = value;
    return constant(data);
  };
  const probes = probeTensors({
    observed: new Map([
      ["a", constant([1, 2, 2, 4], [2, 2])],
      ["skips.1", constant([3, 4], [1, 2])],
      ["gates.1", constant([0.25, 0.5, 0.75, 0.9], [2, 2])],
    ]),
    layout,
    grads: [segment({ 0: 1, 1: 2, 128: 2, 256: 9 })],
    updated: [segment({ 0: 3, 128: 4.5 })],
  });
  const names = Object.keys(probes);
  deepEqual(names, [
    "feature_norm.a",
    "block_grad_norm.a",
    "feature_norm.skips.1",
    "gate_mean.1",
    "gate_min.1",
    "gate_max.1",
    "update_ratio",
  ]);
  const weights = new Float32Array(layout.lengths[0]);
  weights.set([3, 0], 0);
  weights[128] = 4;
  const leaves = ancestors(names.map((name) => probes[name])).filter((n) => n.op === stateOp);
  const values = evaluateReference(
    names.map((name) => probes[name]),
    new Map(leaves.map(({ outputs: [leaf] }) => [leaf, weights])),
  ).map(([v]) => v);
  const expected = [Math.sqrt(25 / 2), 3, 5, 0.6, 0.25, 0.9, 0.1];
  values.forEach((v, i) => ok(Math.abs(v - expected[i]) < 1e-6, `${names[i]}: ${v}`));
});

Deno.test("TrainStep records probes of blocks, skips, gates and gradients", async () => {
  using device = await openDevice();
  const config = tinyConfig({ nnet: { scalelong: 4 }, lr_scheduler: { warmup_steps: 0 } });
  const data = batches(shapes({ image_size: 8, n: 64, seed: 0 }), { seed: 0, random_flip: false });
  const inputs = microBatches(config, await data.at(0, config.train.batch_size), 0);
  using probed = await TrainStep.create(device, config, { recordLength: 2, probes: true });
  using plain = await TrainStep.create(device, config, { recordLength: 2 });
  for (const step of [probed, plain]) {
    step.run(0, inputs);
    step.run(1, inputs);
  }
  const [seen, unseen] = [await probed.records(), await plain.records()];
  const { probes } = seen[1];
  deepEqual(seen.map((r) => r.probes.gate_mean === undefined), [true, true]);
  for (const block of ["in_blocks.0", "mid_block", "out_blocks.0"]) {
    ok(probes[`feature_norm.${block}`] > 0 && probes[`block_grad_norm.${block}`] > 0);
  }
  const [low, middle, high] = ["min", "mean", "max"].map((what) => probes[`gate_${what}.1`]);
  ok(0 < low && low < middle && middle < high && high < 1);
  const ratio = probes["feature_norm.scaled_skips.1"] / probes["feature_norm.skips.1"];
  ok(low <= ratio && ratio <= high);
  ok(probes.update_ratio > 0 && probes.update_ratio < 1);
  const parts = Object.entries(probes).filter(([name]) => name.startsWith("block_grad_norm."));
  const squares = parts.reduce((sum, [, v]) => sum + v * v, 0);
  ok(squares <= seen[1].grad_norm ** 2 * (1 + 1e-5));
  seen.forEach(({ loss }, i) => ok(Math.abs(loss - unseen[i].loss) < 1e-5));
});

Deno.test("probes with micro-batches are refused", () => {
  const config = tinyConfig({ train: { micro_batches: 2 } });
  const make = (s: Record<string, readonly number[]>, label: string) => new StateLayout(s, label);
  throws(() => trainStepGraph(config, make, { recordLength: 1, probes: true }), TypeError);
});
