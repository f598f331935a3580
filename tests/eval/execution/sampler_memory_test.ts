import { ok, strictEqual as equal } from "node:assert/strict";
import type { DeviceMachineOptions } from "../../../eval/execution/machine_options.ts";
import { vpLinear } from "../../../train/diffusion/vp_linear.ts";
import { Sampler } from "../../../eval/sampler.ts";
import { fittingSampler, samplerMemory } from "../../../eval/execution/sampler_memory.ts";
import { samplerSettings } from "../../../eval/sampler_settings.ts";
import { chooseMethod } from "../../../eval/samplers/choose_method.ts";
import { trainedNetwork } from "../../../eval/trained_network.ts";
import { State, StateLayout } from "../../../engine/mod.ts";
import { shapesOf } from "../../../train/checkpoints/network_shapes.ts";
import { openDevice } from "../../device.ts";
import { tinyConfig, tinyUnet } from "../../tiny_config.ts";

const schedule = vpLinear();

function options(
  config: ReturnType<typeof tinyConfig> | ReturnType<typeof tinyUnet>,
  weights: StateLayout,
  given: Partial<DeviceMachineOptions> = {},
): DeviceMachineOptions {
  return {
    shape: [3, 3, 8, 8],
    network: trainedNetwork(weights, config),
    schedule,
    method: chooseMethod(schedule, samplerSettings("ddpm", 4)),
    guidance: { scale: 1, interval: [0, 1] },
    limit: "clip",
    ...given,
  };
}

Deno.test("samplerMemory() is what a sampler allocates, to the byte", async () => {
  using device = await openDevice();
  const part = [0.3, 0.7] as const;
  const cases: Partial<DeviceMachineOptions>[] = [
    { method: chooseMethod(schedule, samplerSettings("heun", 5)) },
    { guidance: { scale: 0, interval: [0, 1] } },
    { guidance: { scale: 2, interval: part }, limit: "threshold" },
  ];
  for (const config of [tinyConfig(), tinyUnet()]) {
    using weights = new State(device, shapesOf(config), "weights");
    const layout = new StateLayout(shapesOf(config), "weights");
    for (const given of config.nnet.name === "uvit" ? cases : cases.slice(0, 1)) {
      const before = device.bufferBytes;
      using sampler = new Sampler(device, options(config, weights, given));
      await sampler.sample({ seed: 0, first: 0, labels: Int32Array.of(0, 1, 2) });
      const { bytes } = samplerMemory(device.capabilities, options(config, layout, given));
      equal(bytes, device.bufferBytes - before, JSON.stringify(given));
    }
  }
});

Deno.test("fittingSampler() takes as many images at once as the adapter's bindings hold", async () => {
  using device = await openDevice();
  const config = tinyConfig();
  const requested = options(config, new StateLayout(shapesOf(config), "weights"), {
    shape: [21, 3, 8, 8],
  });
  const batch = (maxBindingBytes: number) =>
    fittingSampler({ ...device.capabilities, maxBindingBytes }, requested).shape;
  const { largest } = samplerMemory(device.capabilities, requested);
  ok(largest.bytes > 0 && largest.label !== "");
  equal(batch(largest.bytes).join(), "21,3,8,8");
  equal(batch(largest.bytes - 1).join(), "11,3,8,8");
  equal(batch(1).join(), "1,3,8,8");
});
