import { deepStrictEqual as deepEqual, ok } from "node:assert/strict";
import type { Device } from "../../engine/mod.ts";
import { vpLinear } from "../../train/diffusion/vp_linear.ts";
import { Sampler } from "../../eval/sampler.ts";
import { chooseMethod } from "../../eval/samplers/choose_method.ts";
import { trainedNetwork } from "../../eval/trained_network.ts";
import { TrainStep } from "../../train/train_step.ts";
import { openDevice } from "../device.ts";
import { distance } from "../golden.ts";
import { tinyConfig } from "../tiny_config.ts";

const SIZE = 3 * 8 * 8;
const schedule = vpLinear();

/** A sampler of `n` images by a tiny network with labels, guided. */
function tinySampler(
  device: Device,
  { state, config }: TrainStep,
  n: number,
  sampler: string,
) {
  const open = { variant: null, order: null, grid: null, eta: null, t_end: null };
  return new Sampler(device, {
    shape: [n, 3, 8, 8],
    network: trainedNetwork(state.nnet, config),
    schedule,
    method: chooseMethod(schedule, { sampler, steps: 6, ...open }),
    guidance: { scale: 1.5, interval: [0, 1] },
    limit: "clip",
  });
}

Deno.test("Sampler draws image i of a seed alike in every batch", async () => {
  using device = await openDevice();
  using step = await TrainStep.create(device, tinyConfig(), { recordLength: 1 });
  const labels = Int32Array.of(3, 1, 4, 1, 5);
  for (const name of ["dpm_solver", "ddpm"] as const) {
    using five = tinySampler(device, step, 5, name);
    using one = tinySampler(device, step, 1, name);
    const together = await five.sample({ seed: 9, first: 2, labels });
    ok(together.every(Number.isFinite));
    for (let i = 0; i < 5; i++) {
      const alone = await one.sample({ seed: 9, first: 2 + i, labels: labels.subarray(i, i + 1) });
      const error = distance(alone, together.slice(i * SIZE, (i + 1) * SIZE));
      ok(error < 1e-5, `${name}, image ${i}: ${error}`);
    }
  }
});

Deno.test("Sampler depends on seed, image and label, and on nothing before", async () => {
  using device = await openDevice();
  using step = await TrainStep.create(device, tinyConfig(), { recordLength: 1 });
  using sampler = tinySampler(device, step, 5, "dpm_solver");
  const labels = Int32Array.of(0, 1, 2, 3, 4);
  const request = { seed: 1, first: 0, labels };
  const first = await sampler.sample(request);
  const changes = [{ seed: 2 }, { first: 5 }, { labels: Int32Array.of(1, 2, 3, 4, 5) }];
  for (const change of changes) {
    ok(distance(await sampler.sample({ ...request, ...change }), first) > 1e-4);
  }
  const other = await sampler.sample({ ...request, labels: Int32Array.of(0, 2, 2, 3, 4) });
  deepEqual(other.slice(0, SIZE), first.slice(0, SIZE));
  deepEqual(other.slice(2 * SIZE), first.slice(2 * SIZE));
  deepEqual(await sampler.sample(request), first);
});

Deno.test("Sampler reports the fraction done and gives the images on the way", async () => {
  using device = await openDevice();
  using step = await TrainStep.create(device, tinyConfig(), { recordLength: 1 });
  using sampler = tinySampler(device, step, 1, "euler_maruyama_ode");
  const seen: [number, Float32Array][] = [];
  const labels = Int32Array.of(0);
  const end = await sampler.sample({ seed: 1, first: 0, labels }, async (done, images) => {
    seen.push([done, await images()]);
  });
  deepEqual(seen.map(([done]) => done), [0, 1 / 6, 2 / 6, 3 / 6, 4 / 6, 5 / 6, 1]);
  deepEqual(seen[6][1], end);
  // The first is the noise itself.
  const square = seen[0][1].reduce((sum, v) => sum + v * v, 0) / SIZE;
  ok(Math.abs(square - 1) < 0.3, `${square}`);
});

Deno.test("trainedNetwork() is conditioned on labels only where it has them", async () => {
  using device = await openDevice();
  const config = tinyConfig({ nnet: { num_classes: -1 } });
  using step = await TrainStep.create(device, config, { recordLength: 1 });
  deepEqual(trainedNetwork(step.state.nnet, config).conditioning, { kind: "none" });
  const labelled = tinyConfig();
  using other = await TrainStep.create(device, labelled, { recordLength: 1 });
  const { conditioning } = trainedNetwork(other.state.nnet, labelled);
  deepEqual(conditioning, { kind: "label", labels: 17 });
});
