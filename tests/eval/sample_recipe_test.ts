import { deepStrictEqual as deepEqual, rejects } from "node:assert/strict";
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

Deno.test("sampleRecipe() guides by texts as a run's grids are, and refuses labels with them", async () => {
  const { quickstart } = presets;
  const nnet = { ...quickstart.nnet, num_classes: -1, clip_dim: 768 };
  const config = { ...quickstart, nnet };
  const weights = { file: "w", files: [], step: null, config, data: null, kind: "ema" } as const;
  const texts = { prompts: ["a red circle"], negative: "", text_encoder: "0" };
  const parts = { autoencoder: null, texts };
  const recipe = await sampleRecipe(choices, weights, parts);
  deepEqual([recipe.texts, recipe.labels, recipe.guidance.scale], [texts, null, 1]);
  const labelled = { ...choices, guidance: { ...choices.guidance, labels: [0] } };
  await rejects(sampleRecipe(labelled, weights, parts), {
    name: "UsageError",
    message: "guidance.labels: this network draws what texts say, not classes; leave it out",
  });
});
