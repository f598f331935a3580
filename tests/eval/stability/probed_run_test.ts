import { deepStrictEqual as deepEqual, ok, strictEqual as equal } from "node:assert/strict";
import { oscillation } from "../../../eval/stability/oscillation.ts";
import { type ProbedRun, trainProbed } from "../../../eval/stability/probed_run.ts";
import type { Config } from "../../../train/config/config.ts";
import { shapes } from "../../../train/data/shapes.ts";
import type { LossScale } from "../../../train/checkpoints/loss_scale_state.ts";
import { FIRST_LOSS_SCALE } from "../../../train/loss_scale.ts";
import { TrainStep } from "../../../train/train_step.ts";
import { openDevice } from "../../device.ts";
import { tinyConfig } from "../../tiny_config.ts";

/** Trains with the method's probes, from first weights and the loss scale given. */
async function probed(config: Config, scaling: Partial<LossScale> = {}): Promise<ProbedRun> {
  using device = await openDevice();
  using first = await TrainStep.create(device, config, { recordLength: 1 });
  const loss_scale = { ...FIRST_LOSS_SCALE, ...scaling };
  const checkpoint = { ...await first.checkpoint(0), loss_scale };
  const data = shapes({ image_size: 8, n: config.dataset.n, seed: config.seed });
  const run = { method: "original", setting: "", config };
  return (await trainProbed(device, run, data, { levels: [0.1], checkpoint }))!;
}

Deno.test("trainProbed() in fp16 trains all steps of a run whose first loss scale overflows", async () => {
  const config = tinyConfig({ train: { mixed_precision: "fp16", n_steps: 20 } });
  const run = await probed(config, { scale: 2 ** 26 });
  equal(run.diverged_at, null);
  equal(run.loss.length, 20);
  const { skipped = [] } = run;
  ok(skipped.length > 0 && skipped.length < 15, `${skipped} skipped`);
  equal(skipped[0], 1);
  deepEqual(
    run.grad_norm.map((norm, i) => norm === null ? i + 1 : 0).filter((step) => step > 0),
    skipped,
  );
  ok(run.loss.every((loss) => loss !== null));
  equal(run.robustness.length, 1);
  const read: ProbedRun = JSON.parse(JSON.stringify(run));
  deepEqual(read, run);
  ok(Object.values(oscillation(read.grad_norm)).every(Number.isFinite));
});

Deno.test("trainProbed() ends a run that diverges, at its step", async () => {
  const config = tinyConfig({
    optimizer: { lr: 1e30 },
    lr_scheduler: { warmup_steps: 0 },
    train: { n_steps: 9 },
  });
  const run = await probed(config);
  ok(run.diverged_at === 2 || run.diverged_at === 3, `${run.diverged_at}`);
  equal(run.loss.length, run.diverged_at - 1);
  deepEqual([run.robustness, run.skipped], [[], undefined]);
});

Deno.test("trainProbed() sees that the last update diverges", async () => {
  const config = tinyConfig({
    optimizer: { lr: 3e38 },
    lr_scheduler: { warmup_steps: 1 },
    train: { n_steps: 2 },
  });
  const run = await probed(config);
  deepEqual([run.loss.length, run.diverged_at, run.robustness], [2, 2, []]);
});
