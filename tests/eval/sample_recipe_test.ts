import { rejects } from "node:assert/strict";
import { sampleRecipe, type SamplingChoices } from "../../eval/sample_recipe.ts";
import { samplerSettings } from "../../eval/sampler_settings.ts";
import { presets } from "../../train/config/presets.ts";

const { sampler, steps, ...solver } = samplerSettings("ddim", 5);
const choices: SamplingChoices = {
  sampler,
  steps,
  seed: 0,
  solver: { ...solver, limit: null },
  guidance: { scale: null, interval: [0, 1], labels: null },
};

Deno.test("sampleRecipe() refuses what commands cannot draw yet: latents and texts", async () => {
  const { imagenet256_uvit_large, quickstart } = presets;
  const nnet = { ...quickstart.nnet, num_classes: -1, clip_dim: 768 };
  const cases = [
    [
      imagenet256_uvit_large,
      /^checkpoint: this network draws latents, which cannot be measured so far/,
    ],
    [{ ...quickstart, nnet }, /^checkpoint: this network draws from encoded texts, which only/],
  ] as const;
  for (const [config, message] of cases) {
    const weights = { file: "w", files: [], step: null, config, load: () => Promise.reject() };
    await rejects(sampleRecipe(choices, weights as never), { name: "UsageError", message });
  }
});
