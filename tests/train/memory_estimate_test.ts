import { ok, strictEqual as equal } from "node:assert/strict";
import type { Config } from "../../train/config/config.ts";
import { largestBatch, memoryEstimate } from "../../train/memory_estimate.ts";
import { TrainStep } from "../../train/train_step.ts";
import { openDevice } from "../device.ts";
import { tinyConfig } from "../tiny_config.ts";

Deno.test("memoryEstimate() is what a training step allocates, to the byte", async () => {
  using device = await openDevice();
  for (const micro_batches of [1, 2]) {
    for (const use_checkpoint of [false, true]) {
      const config = tinyConfig({ nnet: { use_checkpoint }, train: { micro_batches } });
      const estimate = memoryEstimate(device.capabilities, config, 3);
      const before = device.bufferBytes;
      using step = await TrainStep.create(device, config, { recordLength: 3 });
      equal(estimate.state_bytes + estimate.plan_bytes, device.bufferBytes - before);
      equal(estimate.parameters, step.parameters);
      equal(estimate.kernels, step.launches.dispatches);
    }
  }
});

Deno.test("memoryEstimate() counts what probes add, to the byte", async () => {
  using device = await openDevice();
  const config = tinyConfig({ nnet: { scalelong: 3 } });
  const before = device.bufferBytes;
  using _step = await TrainStep.create(device, config, { recordLength: 3, probes: true });
  const bytes = (probes: boolean) => {
    const { state_bytes, plan_bytes } = memoryEstimate(device.capabilities, config, 3, probes);
    return state_bytes + plan_bytes;
  };
  equal(bytes(true), device.bufferBytes - before);
  ok(bytes(false) < bytes(true));
});

Deno.test("memoryEstimate() is smaller when blocks are recomputed", async () => {
  using device = await openDevice();
  const bytes = (use_checkpoint: boolean) =>
    memoryEstimate(device.capabilities, tinyConfig({ nnet: { depth: 8, use_checkpoint } }), 1)
      .plan_bytes;
  ok(bytes(true) < 0.8 * bytes(false));
});

Deno.test("largestBatch() is the last one that fits", async () => {
  using device = await openDevice();
  const capabilities = { ...device.capabilities, maxBindingBytes: 2 ** 20 };
  for (const micro_batches of [1, 3]) {
    const of = (batch_size: number): Config => tinyConfig({ train: { batch_size, micro_batches } });
    const largest = largestBatch(capabilities, of(micro_batches));
    ok(largest > 0 && largest % micro_batches === 0);
    equal(memoryEstimate(capabilities, of(largest), 1).fits, true);
    equal(memoryEstimate(capabilities, of(largest + micro_batches), 1).fits, false);
  }
  equal(largestBatch({ ...capabilities, maxBindingBytes: 256 }, tinyConfig()), 0);
});

Deno.test("memoryEstimate() fits where no kernel has more workgroups than the adapter allows", async () => {
  using device = await openDevice();
  const fits = (maxWorkgroupsPerDimension: number): boolean =>
    memoryEstimate({ ...device.capabilities, maxWorkgroupsPerDimension }, tinyConfig(), 1).fits;
  equal(fits(2), false);
  equal(fits(64), true);
});
