import { ok } from "node:assert/strict";
import { Sampler } from "../../eval/sampler.ts";
import { samplerSettings } from "../../eval/sampler_settings.ts";
import { chooseMethod } from "../../eval/samplers/choose_method.ts";
import { trainedNetwork } from "../../eval/trained_network.ts";
import { SAMPLER_NAMES } from "../../eval/samplers/registry.ts";
import { shapes } from "../../train/data/shapes.ts";
import { processOf } from "../../train/diffusion/process.ts";
import { DEFAULT_PROCESS, type ProcessConfig } from "../../train/diffusion/process_config.ts";
import { TrainStep } from "../../train/train_step.ts";
import { trainSteps } from "../../train/train_steps.ts";
import { openDevice } from "../device.ts";
import { tinyConfig } from "../tiny_config.ts";

const cases: Partial<ProcessConfig>[] = [
  { target: "velocity" },
  { schedule: "vp_cosine" },
  { schedule: "vp_discrete", beta_spacing: "scaled_linear", timestep: 1000 },
  { schedule: "vp_discrete", beta_last: 0.2, beta_steps: 100, target: "data" },
];

for (const change of cases) {
  const process = { ...DEFAULT_PROCESS, ...change };
  const { name, schedule } = processOf(process);

  Deno.test(`a network trains with ${name}, and every sampler draws from it`, async () => {
    using device = await openDevice();
    const config = tinyConfig({
      process,
      train: { n_steps: 60, batch_size: 16 },
      optimizer: { lr: 5e-3 },
    });
    using step = await TrainStep.create(device, config, { recordLength: 20 });
    const losses: number[] = [];
    const data = shapes({ image_size: 8, n: config.dataset.n, seed: config.seed });
    for await (const { loss } of trainSteps(step, data)) losses.push(loss);
    const mean = (from: number, to: number) =>
      losses.slice(from, to).reduce((sum, loss) => sum + loss, 0) / (to - from);
    ok(mean(50, 60) < 0.8 * mean(0, 3), `${mean(50, 60)} after ${mean(0, 3)}`);

    for (const algorithm of SAMPLER_NAMES) {
      using sampler = new Sampler(device, {
        shape: [2, 3, 8, 8],
        network: trainedNetwork(step.state.nnet, config),
        schedule,
        method: chooseMethod(schedule, samplerSettings(algorithm, 12)),
        guidance: { scale: 0, interval: [0, 1] },
        limit: "clip",
      });
      const images = await sampler.sample({ seed: 3, first: 0, labels: Int32Array.of(1, 2) });
      const largest = images.reduce((most, v) => Math.max(most, Math.abs(v)), 0);
      ok(largest < 1.5, `${algorithm}: ${largest}`);
    }
  });
}
