import { ok } from "node:assert/strict";
import type { SkipScaling } from "../../nets/skip_scaling.ts";
import { type PresetName, presets } from "../../train/config/presets.ts";
import type { Config } from "../../train/config/config.ts";
import { trainStepLayouts } from "../../train/train_step_graph.ts";
import { openDevice } from "../device.ts";

/** The most that learned gates may add to the kernels of a step, by preset and buffers per kernel. */
const MOST: readonly { preset: PresetName; buffers: number; shared: number; each: number }[] = [
  { preset: "quickstart", buffers: 8, shared: 8, each: 6 },
  { preset: "quickstart", buffers: 16, shared: 3, each: 6 },
  { preset: "quickstart_unet", buffers: 16, shared: 8, each: 18 },
  { preset: "cifar10", buffers: 16, shared: 8, each: 18 },
  { preset: "cifar10_unet", buffers: 16, shared: 8, each: 36 },
];

Deno.test("the gates of method 3 are at most 8 kernels of a step, those of method 4 three a skip", async () => {
  using device = await openDevice();
  for (const { preset, buffers, shared, each } of MOST) {
    const capabilities = { ...device.capabilities, maxStorageBuffers: buffers };
    const { nnet, ...rest } = presets[preset];
    const launches = (scalelong: SkipScaling): number => {
      const config = { ...rest, nnet: { ...nnet, scalelong } } as Config;
      const { step } = trainStepLayouts(capabilities, config, { recordLength: 1, probes: false });
      return step.reduce((sum, { layout, runs }) => sum + runs * layout.dispatches.length, 0);
    };
    const without = launches(0);
    for (const [method, most] of [[3, shared], [4, each]] as const) {
      const more = launches(method) - without;
      ok(more <= most, `${preset}, ${buffers} buffers, method ${method}: ${more} more`);
    }
  }
});
