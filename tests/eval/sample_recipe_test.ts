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

Deno.test("sampleRecipe() refuses what commands cannot draw yet: texts", async () => {
  const { quickstart } = presets;
  const nnet = { ...quickstart.nnet, num_classes: -1, clip_dim: 768 };
  const weights = { file: "w", files: [], step: null, config: { ...quickstart, nnet }, data: null };
  await rejects(sampleRecipe(choices, { ...weights, kind: "ema" }, null), {
    name: "UsageError",
    message: /^checkpoint: this network draws from encoded texts, which only/,
  });
});
