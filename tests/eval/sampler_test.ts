import {
  deepStrictEqual as deepEqual,
  notDeepStrictEqual as notDeepEqual,
  ok,
} from "node:assert/strict";
import { add, affine, broadcastTo, input, reshape, type Tensor } from "../../engine/mod.ts";
import { Sampler } from "../../eval/sampler.ts";
import { uvitNoiseModel } from "../../eval/uvit_noise_model.ts";
import { TrainStep } from "../../train/train_step.ts";
import { openDevice } from "../device.ts";
import { distance } from "../golden.ts";
import { tinyConfig } from "../tiny_config.ts";

const SIZE = 3 * 8 * 8;
const shape = (n: number) => [n, 3, 8, 8];

Deno.test("Sampler draws picture i of a seed alike in every batch", async () => {
  using device = await openDevice();
  const config = tinyConfig();
  using step = await TrainStep.create(device, config, { recordLength: 1 });
  const model = uvitNoiseModel(step.state.nnet, config.nnet, 1.5);
  using five = await Sampler.create(device, shape(5), model.predict);
  using one = await Sampler.create(device, shape(1), model.predict);
  const labels = Int32Array.of(3, 1, 4, 1, 5);
  const together = await five.sample({ seed: 9, steps: 6, inputs: model.inputs(labels) });
  for (let i = 0; i < 5; i++) {
    const inputs = model.inputs(labels.subarray(i, i + 1));
    const alone = await one.sample({ seed: 9, first: i, steps: 6, inputs });
    const error = distance(alone, together.slice(i * SIZE, (i + 1) * SIZE));
    ok(error < 1e-5, `picture ${i}: ${error}`);
  }
});

/** Predicts label and time, so that a picture shows the noise it came from. */
function labelled(x: Tensor, timesteps: Tensor): Tensor {
  const number = add(input("label", [x.shape[0]]), affine(timesteps, 0.001));
  return broadcastTo(reshape(number, [-1, 1, 1, 1]), x.shape);
}

Deno.test("Sampler depends on seed, picture and inputs, and on nothing before", async () => {
  using device = await openDevice();
  using sampler = await Sampler.create(device, shape(2), labelled);
  const inputs = { label: Float32Array.of(0, 1) };
  const request = { seed: 1, steps: 3, inputs };
  const first = await sampler.sample(request);
  notDeepEqual(first.slice(0, SIZE), first.slice(SIZE));
  for (const change of [{ seed: 2 }, { seed: 2 ** 32 + 1 }, { first: 5 }, { steps: 4 }]) {
    notDeepEqual(await sampler.sample({ ...request, ...change }), first);
  }
  const other = await sampler.sample({ ...request, inputs: { label: Float32Array.of(0, 2) } });
  deepEqual(other.slice(0, SIZE), first.slice(0, SIZE));
  notDeepEqual(other.slice(SIZE), first.slice(SIZE));
  deepEqual(await sampler.sample(request), first);
});

Deno.test("Sampler gives back all memory", async () => {
  using device = await openDevice();
  const before = [device.bufferBytes, device.bufferCount];
  const sampler = await Sampler.create(device, shape(2), labelled);
  await sampler.sample({ seed: 1, steps: 2, inputs: { label: Float32Array.of(0, 1) } });
  ok(device.bufferBytes > before[0]);
  sampler[Symbol.dispose]();
  deepEqual([device.bufferBytes, device.bufferCount], before);
});
