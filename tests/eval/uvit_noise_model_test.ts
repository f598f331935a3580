import { deepStrictEqual as deepEqual, ok } from "node:assert/strict";
import { constant, type Device, evaluate } from "../../engine/mod.ts";
import { uvitNoiseModel } from "../../eval/uvit_noise_model.ts";
import { TrainStep } from "../../train/train_step.ts";
import { openDevice } from "../device.ts";
import { distance } from "../golden.ts";
import { tinyConfig } from "../tiny_config.ts";

const wave = Float32Array.from({ length: 3 * 3 * 64 }, (_, i) => Math.sin(2.1 * i));
const x = constant(wave, [3, 3, 8, 8]);
const timesteps = constant([5, 400, 900]);

/** What a tiny network predicts for the pictures above, by guidance and labels. */
async function predictor(device: Device, num_classes: number) {
  const config = tinyConfig({ nnet: { num_classes } });
  const step = await TrainStep.create(device, config, { recordLength: 1 });
  return {
    predict(scale: number, labels?: Int32Array): Promise<Float32Array> {
      const model = uvitNoiseModel(step.state.nnet_ema, config.nnet, scale);
      return evaluate(model.predict(x, timesteps), model.inputs(labels), device);
    },
    [Symbol.dispose]: () => step[Symbol.dispose](),
  };
}

Deno.test("uvitNoiseModel() guides by cond + scale (cond - uncond)", async () => {
  using device = await openDevice();
  using network = await predictor(device, 7);
  const labels = Int32Array.of(0, 5, 2);
  const cond = await network.predict(0, labels);
  const uncond = await network.predict(0, new Int32Array(3).fill(6));
  ok(distance(cond, uncond) > 0.01);
  for (const scale of [0.5, 3]) {
    const expected = cond.map((c, i) => c + scale * (c - uncond[i]));
    ok(distance(await network.predict(scale, labels), expected) < 1e-5);
  }
});

Deno.test("uvitNoiseModel() asks an unconditional network for no labels, whatever the scale", async () => {
  using device = await openDevice();
  using network = await predictor(device, -1);
  deepEqual(await network.predict(3), await network.predict(0));
});
