import { ok, strictEqual as equal } from "node:assert/strict";
import { join } from "node:path";
import { runMemory } from "../../../tasks/train/run_memory.ts";
import { SampleGrids } from "../../../tasks/train/sample_grids.ts";
import { MAX_AHEAD } from "../../../train/train_loop.ts";
import { TrainStep } from "../../../train/train_step.ts";
import { evalSchema } from "../../../train/fid_config.ts";
import { openDevice } from "../../device.ts";
import { tinyConfig } from "../../tiny_config.ts";

Deno.test("runMemory() is what a run allocates, to the byte at its most", async () => {
  using device = await openDevice();
  const workdir = await Deno.makeTempDir();
  await Deno.mkdir(join(workdir, "samples"));
  const { sample } = tinyConfig();
  const config = tinyConfig({ workdir, sample: { ...sample, n_samples: 3, sample_steps: 3 } });
  const memory = runMemory(device.capabilities, config, true);
  const before = device.bufferBytes;
  using step = await TrainStep.create(device, config, { recordLength: MAX_AHEAD, probes: true });
  using grids = new SampleGrids(device, config, 16);
  await grids.draw(step, 1);
  let most = 0;
  const { createBuffer } = device;
  device.createBuffer = function (...args) {
    const buffer = createBuffer.apply(this, args);
    most = Math.max(most, this.bufferBytes - before);
    return buffer;
  };
  await grids.draw(step, 2);
  await step.checkpoint(2);
  equal(most, memory.bytes);
  await Deno.remove(workdir, { recursive: true });
});

Deno.test("runMemory() counts an FID beside the step, and one at the end instead of it", async () => {
  using device = await openDevice();
  const of = (fid: object) =>
    runMemory(device.capabilities, tinyConfig({ eval: evalSchema.parse({ fid }) }), false);
  const none = of({});
  const judged = of({ n_samples: 100 });
  const twice = of({ n_samples: 100, final_sample_steps: 100 });
  equal(none.fid, null);
  equal(judged.bytes - none.bytes, judged.fid!.bytes - none.step.segment_bytes);
  equal(judged.final_fid, null);
  ok(twice.final_fid!.bytes > 0);
  equal(twice.bytes, judged.bytes);
});
