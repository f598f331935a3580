import { z } from "zod";
import { methodsWithKappa, SKIP_SCALINGS } from "../../nets/skip_scaling.ts";
import { processSchema } from "../diffusion/process_schema.ts";
import { latentSchema } from "./latent_schema.ts";
import { textEncoderSchema } from "./text_schema.ts";
import type { Config } from "./config.ts";
import { contradictions } from "./config_rules.ts";
import {
  count,
  datasetSection,
  fraction,
  imageFields,
  lrSchedulerSection,
  NAME,
  optimizerSection,
  runFields,
  sampleSection,
  trainSection,
} from "./config_sections.ts";
import { evalSchema } from "./fid_schema.ts";

const METHODS = SKIP_SCALINGS.map(({ number, help }) => `${number} ${help}`).join(", ");
const KAPPA_METHODS = methodsWithKappa().join(", ");

/** Fields of every network. */
const shared = {
  ...imageFields,
  num_classes: z.union([z.literal(-1), count])
    .describe(
      "number of classes, plus one for no class where p_uncond > 0; -1: none, with mode=uncond; left " +
        "out, it follows from mode and, for a folder, from its sub-folders",
    ),
  use_checkpoint: z.boolean()
    .describe(
      "recompute activations for the gradient instead of keeping them: less memory, more time",
    ),
  scalelong: z.literal(SKIP_SCALINGS.map(({ number }) => number))
    .describe(`how long skips are scaled: ${METHODS}`),
  kappa: z.number().gt(0).max(1)
    .describe(
      `scalelong=${KAPPA_METHODS}: skips are multiplied by 1, kappa, kappa^2 .. from the outermost ` +
        "in; the paper uses 0.5 to 0.95",
    ),
};

const uvitSchema = z.strictObject({
  name: z.literal("uvit").describe(NAME),
  img_size: shared.img_size,
  patch_size: count.describe(
    "height and width of a patch, the part of an image that is a token; small is finer and slower",
  ),
  in_chans: shared.in_chans,
  embed_dim: count.describe("width of the network: numbers per token"),
  depth: count.describe(
    "transformer blocks besides the middle one, half before it and half after it; even",
  ),
  num_heads: count.describe("attention heads of a block, a divisor of embed_dim"),
  mlp_ratio: z.number().gt(0).describe(
    "width of a block's hidden layer, in multiples of embed_dim",
  ),
  qkv_bias: z.boolean().describe("add a bias to attention's queries, keys and values"),
  qk_scale: z.number().gt(0).nullable()
    .describe("factor on query times key; null: 1 / sqrt(width of a head)"),
  mlp_time_embed: z.boolean().describe("pass the time embedding through a small network first"),
  num_classes: shared.num_classes,
  clip_dim: count.nullable().default(null).describe(
    "width of the tokens of a text to be conditioned on, 768 for CLIP ViT-L/14's; null: none",
  ),
  num_clip_token: count.default(77).describe("clip_dim: number of tokens of a text, 77 for CLIP's"),
  text_depth: z.int().min(0).default(0).describe(
    "clip_dim: blocks of a text encoder of the network's own, trained along on the words of captions; " +
      "0: texts are encoded before, as by CLIP",
  ),
  text_heads: count.default(4).describe(
    "text_depth: attention heads, a divisor of clip_dim, which is a multiple of 8",
  ),
  conv: z.boolean().describe("end with a 3 x 3 convolution over the image"),
  skip: z.boolean().describe(
    "have long skips: each block before the middle also feeds its counterpart after it",
  ),
  use_checkpoint: shared.use_checkpoint,
  scalelong: shared.scalelong,
  kappa: shared.kappa,
});

const unetSchema = z.strictObject({
  name: z.literal("unet").describe(NAME),
  img_size: shared.img_size,
  in_chans: shared.in_chans,
  ch: count.describe("channels of the first level, a multiple of 32"),
  ch_mult: z.array(count).min(1)
    .describe("channels of each level, in multiples of ch; each level halves height and width"),
  num_res_blocks: count.describe(
    "residual blocks per level on the way down; one more on the way up",
  ),
  attn_resolutions: z.array(count)
    .describe("image heights at which attention follows the blocks; []: in the middle only"),
  dropout: fraction.describe("probability of dropout inside the residual blocks, in training"),
  num_classes: shared.num_classes,
  use_checkpoint: shared.use_checkpoint,
  scalelong: shared.scalelong,
  kappa: shared.kappa,
  kappa_index: z.enum(["skip", "resolution"])
    .describe(
      `scalelong=${KAPPA_METHODS}: what the power of kappa counts from the outermost in, skips or ` +
        "resolutions",
    ),
});

/**
 * Checks a whole configuration: types, ranges, no unknown field, and the rules of `contradictions`.
 * The descriptions of its fields are the help of their flags.
 */
export const configSchema: z.ZodType<Config> = z.strictObject({
  ...runFields,

  train: trainSection,

  optimizer: optimizerSection,

  lr_scheduler: lrSchedulerSection,

  nnet: z.discriminatedUnion("name", [uvitSchema, unetSchema]).describe("the network"),

  dataset: datasetSection,

  autoencoder: latentSchema,

  text_encoder: textEncoderSchema,

  process: processSchema,

  sample: sampleSection,

  eval: evalSchema,
}).superRefine((config, context) => {
  for (const message of contradictions(config)) context.addIssue({ code: "custom", message });
});
