import { z } from "zod";
import { methodsWithKappa, SKIP_SCALINGS } from "../../nets/skip_scaling.ts";
import { processSchema } from "../diffusion/process_schema.ts";
import { COLOUR } from "../formats/images/colour.ts";
import { latentSchema } from "./latent_schema.ts";
import { textEncoderSchema } from "./text_schema.ts";
import type { Config } from "./config.ts";
import { contradictions } from "./config_rules.ts";
import { evalSchema } from "./fid_schema.ts";
import { DEFAULT_SOLVER } from "./solver_config.ts";

const count = z.int().min(1);
const fraction = z.number().min(0).lt(1);
const COLOURS = "white, black, grey, hexadecimal digits like #ff8000";
const colour = z.string().regex(COLOUR, { error: `expected ${COLOURS}` }).meta({ title: COLOURS });

const METHODS = SKIP_SCALINGS.map(({ number, help }) => `${number} ${help}`).join(", ");
const KAPPA_METHODS = methodsWithKappa().join(", ");

/** Fields of every network. */
const shared = {
  img_size: count.describe("height and width of an image, pixels"),
  in_chans: count.describe("channels of an image: 3 colour, 1 grey"),
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
const NAME = "the network; its settings follow";

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
    "clip_dim: blocks of a text encoder of the network's own, trained with it on the bytes of captions; " +
      "0: texts are encoded before, as CLIP does",
  ),
  text_heads: count.default(4).describe("text_depth: attention heads, a divisor of clip_dim"),
  text_patch: count.default(1).describe(
    "text_depth: neighbouring bytes that are one token for the network, a divisor of num_clip_token; " +
      "large is faster",
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
  seed: z.int().min(0).max(0xffffffff)
    .describe("seed of all random numbers: the same seed gives the same run"),
  workdir: z.string()
    .describe(
      "folder of the run, which continues from its newest checkpoint; run.lock keeps it to one run " +
        "at a time, and holds the process id to signal (INT, TERM and HUP save first); empty: " +
        "runs/<preset>_scalelong<k>, with the name of a folder of your own for its preset",
    ),

  train: z.strictObject({
    n_steps: count.describe(
      "steps of the whole run: each takes one batch and updates the weights once",
    ),
    batch_size: count.describe("images per step"),
    micro_batches: count.describe(
      "parts a batch is split into, computed one after another to save memory",
    ),
    mode: z.enum(["uncond", "cond"]).describe(
      "learn images alone, or images given a class; left out, a folder's sub-folders tell",
    ),
    p_uncond: fraction
      .describe(
        "fraction of images trained without their class, needed for guidance (sample.scale); cond " +
          "only",
      ),
    log_interval: count.describe("steps between lines of loss and speed in log.jsonl"),
    eval_interval: count.describe("steps between grids of samples, samples/<step>.png"),
    save_interval: count.describe("steps between checkpoints"),
    keep: count.describe("number of checkpoints to keep on disk; older ones are deleted"),
    format: z.enum(["safetensors", "pytorch"]).default("safetensors")
      .describe("pytorch: also save each as the PyTorch implementation does, ckpts/<step>.ckpt"),
    ema_rate: fraction.describe(
      "decay of the exponential moving average of the weights, from which samples are drawn",
    ),
    grad_clip: z.number().min(0).describe(
      "scale a gradient of a larger norm down to this norm, against sudden jumps; 0: never",
    ),
    mixed_precision: z.enum(["no", "fp16"]).default("no")
      .describe("fp16: compute the network in 16-bit floats: less memory, less precise"),
  }).describe("the training loop"),

  optimizer: z.strictObject({
    name: z.enum(["adamw", "adam"])
      .describe("what weight_decay does: adamw shrinks the weights, adam adds to the gradient"),
    lr: z.number().gt(0).describe(
      "learning rate after warm-up: how far a step moves the weights",
    ),
    weight_decay: z.number().min(0).describe("how strongly every weight is pulled towards zero"),
    betas: z.tuple([fraction, fraction]).describe(
      "decays of the moving averages of the gradient and of its square",
    ),
    eps: z.number().gt(0).describe(
      "small number added to the denominator of an update, so that it is never 0",
    ),
  }).describe("how a gradient updates the weights"),

  lr_scheduler: z.strictObject({
    name: z.enum(["customized", "cosine"])
      .describe("after warm-up: customized stays constant, cosine falls to 0 at n_steps"),
    warmup_steps: z.int().min(0).describe("steps over which the rate grows from 0 to lr; 0: none"),
  }).describe("how the learning rate changes over the steps"),

  nnet: z.discriminatedUnion("name", [uvitSchema, unetSchema]).describe("the network"),

  dataset: z.strictObject({
    name: z.string().min(1)
      .describe(
        "shapes and captioned_shapes are drawn by the program, folder is a folder of PNG, JPEG or WebP files, features one of " +
          "latents",
      ),
    path: z.string().min(1).nullable()
      .describe("where the files are; null: cifar10 is downloaded, shapes need none"),
    image_size: count.describe(
      "height and width that images are resized to, pixels; also nnet.img_size where that is left out",
    ),
    background: colour.nullable().default(null)
      .describe("colour under transparent pixels of image files; null: their own, opaque"),
    random_flip: z.boolean().describe("flip half of the images left to right"),
    n: count.describe("number of images to draw; shapes only"),
    skip_broken: z.boolean().default(false)
      .describe("leave out image files that cannot be decoded, and name them"),
    cache: z.boolean().default(true)
      .describe(
        "keep a folder's decoded images in the workdir, cache/images, for the next start, where " +
          "they are at most 4 GiB; safe to delete",
      ),
  }).describe("the images"),

  autoencoder: latentSchema,

  text_encoder: textEncoderSchema,

  process: processSchema,

  sample: z.strictObject({
    n_samples: z.int().min(0).describe("images in a grid; 0: no grids"),
    algorithm: z.string().min(1).describe("sampler, which turns noise into images"),
    sample_steps: count.describe("network evaluations per image; more is slower and finer"),
    variant: z.string().min(1).nullable().default(DEFAULT_SOLVER.variant)
      .describe("how the solver spends its steps"),
    order: z.literal([1, 2, 3]).nullable().default(DEFAULT_SOLVER.order)
      .describe("order of convergence"),
    grid: z.string().min(1).nullable().default(DEFAULT_SOLVER.grid)
      .describe("how times are spaced"),
    eta: z.number().min(0).max(1).nullable().default(DEFAULT_SOLVER.eta)
      .describe("fraction of the noise of ancestral sampling to add"),
    t_end: z.number().gt(0).lt(1).nullable().default(DEFAULT_SOLVER.t_end)
      .describe("the last time but 0"),
    scale: z.number().min(0).describe(
      "how strongly images are pushed towards their class (guidance); cond only; 0: not",
    ),
    clip_denoised: z.boolean()
      .describe(
        "clip the image predicted at each step to the range of pixels; the reference does not",
      ),
  }).describe("the grid of samples drawn while training"),

  eval: evalSchema,
}).superRefine((config, context) => {
  for (const message of contradictions(config)) context.addIssue({ code: "custom", message });
});
