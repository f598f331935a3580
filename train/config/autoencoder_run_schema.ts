import { z } from "zod";
import { autoencoderProblems } from "./autoencoder_rules.ts";
import type { AutoencoderRunConfig } from "./autoencoder_run_config.ts";
import {
  count,
  datasetSection,
  imageFields,
  lrSchedulerSection,
  NAME,
  optimizerSection,
  runFields,
  sampleSection,
  trainSection,
} from "./config_sections.ts";

/**
 * Checks the configuration of an autoencoder's run: types, ranges, no unknown field, and
 * {@linkcode autoencoderProblems}. The descriptions of its fields are the help of their flags.
 */
export const autoencoderRunSchema: z.ZodType<AutoencoderRunConfig> = z.strictObject({
  ...runFields,

  train: trainSection.omit({ mode: true, p_uncond: true, mixed_precision: true }).extend({
    kl_weight: z.number().min(0).describe(
      "how strongly latents are kept near the standard normal distribution; latent diffusion takes 1e-6",
    ),
  }).describe("the training loop"),

  optimizer: optimizerSection,

  lr_scheduler: lrSchedulerSection,

  nnet: z.strictObject({
    name: z.literal("autoencoder").describe(NAME),
    ...imageFields,
    ch: count.describe("channels of the first level, a multiple of 32"),
    ch_mult: z.array(count).min(1)
      .describe(
        "channels of each level, in multiples of ch; each level halves height and width: latents " +
          "have those of the last",
      ),
    num_res_blocks: count.describe("residual blocks per level of the encoder; one more to decode"),
    z_channels: count.describe("channels between encoder and decoder"),
    embed_dim: count.describe("channels of the latents"),
  }).describe("the network"),

  dataset: datasetSection,

  sample: z.strictObject({
    n_samples: sampleSection.shape.n_samples,
  }).describe("the grid of images, each above its reconstruction"),
}).superRefine((config, context) => {
  for (const message of autoencoderProblems(config)) {
    context.addIssue({ code: "custom", message });
  }
});
