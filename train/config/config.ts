import { z } from "zod";
import { methodsWithKappa, SKIP_SCALINGS } from "../../nets/skip_scaling.ts";
import type { UNetConfig } from "../../nets/unet.ts";
import type { UVitConfig } from "../../nets/uvit.ts";
import { type ProcessConfig, processSchema } from "../diffusion/process_config.ts";
import { type EvalConfig, evalSchema } from "./fid_config.ts";
import { contradictions } from "./config_rules.ts";

/** The training loop. */
export interface TrainConfig {
  n_steps: number;
  batch_size: number;
  micro_batches: number;
  mode: "uncond" | "cond";
  p_uncond: number;
  log_interval: number;
  eval_interval: number;
  save_interval: number;
  keep: number;
  format: "safetensors" | "pytorch";
  ema_rate: number;
  grad_clip: number;
  mixed_precision: "no" | "fp16";
}

/** The update rule. */
export interface OptimizerConfig {
  name: "adamw" | "adam";
  lr: number;
  weight_decay: number;
  betas: [number, number];
  eps: number;
}

/** How the learning rate moves over the steps. */
export interface LrSchedulerConfig {
  name: "customized" | "cosine";
  warmup_steps: number;
}

type Mutable<T> = {
  -readonly [K in keyof T]: T[K] extends readonly number[] ? number[] : T[K];
};

/** U-ViT's options. */
export type UVitNnetConfig = { name: "uvit" } & Mutable<UVitConfig>;

/** The UNet's options. */
export type UNetNnetConfig = { name: "unet" } & Mutable<UNetConfig>;

/** The network: its name, and its own options. */
export type NnetConfig = UVitNnetConfig | UNetNnetConfig;

/** The images. */
export interface DatasetConfig {
  /** A name in the table of data sets. */
  name: string;
  path: string | null;
  image_size: number;
  random_flip: boolean;
  n: number;
}

/** The grid of samples drawn while training. */
export interface SampleConfig {
  n_samples: number;
  /** A name in the table of samplers. */
  algorithm: string;
  sample_steps: number;
  scale: number;
  clip_denoised: boolean;
}

/**
 * Everything a training run depends on; each field's meaning and unit is its description in
 * `configSchema`.
 */
export interface Config {
  seed: number;
  workdir: string;
  train: TrainConfig;
  optimizer: OptimizerConfig;
  lr_scheduler: LrSchedulerConfig;
  nnet: NnetConfig;
  dataset: DatasetConfig;
  process: ProcessConfig;
  sample: SampleConfig;
  eval: EvalConfig;
}

const count = z.int().min(1);
const fraction = z.number().min(0).lt(1);

const KAPPA_METHODS = methodsWithKappa().join(", ");

/** What every network has. */
const shared = {
  img_size: count.describe("height and width of an image, pixels"),
  in_chans: count.describe("channels of an image: 3 colour, 1 grey"),
  num_classes: z.union([z.literal(-1), count])
    .describe(
      "how many classes, and one more for no class where p_uncond > 0; -1: none, with mode=uncond",
    ),
  use_checkpoint: z.boolean()
    .describe(
      "work activations out again for the gradient instead of keeping them: less memory, more time",
    ),
  scalelong: z.literal(SKIP_SCALINGS.map(({ number }) => number))
    .describe(
      `how long skips are scaled: ${
        SKIP_SCALINGS.map(({ number, help }) => `${number} ${help}`).join(", ")
      }`,
    ),
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
  embed_dim: count.describe("numbers per token: the width of the network"),
  depth: count.describe(
    "transformer blocks besides the middle one: half come before it, half after it; even",
  ),
  num_heads: count.describe("attention heads of a block, which share embed_dim out among them"),
  mlp_ratio: z.number().gt(0).describe(
    "width of a block's hidden layer, in multiples of embed_dim",
  ),
  qkv_bias: z.boolean().describe("add a bias to attention's queries, keys and values"),
  qk_scale: z.number().gt(0).nullable()
    .describe("factor on query times key; null: 1 / sqrt(width of a head)"),
  mlp_time_embed: z.boolean().describe("pass the time embedding through a small network first"),
  num_classes: shared.num_classes,
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
  num_res_blocks: count.describe("residual blocks of a level going down; one more coming up"),
  attn_resolutions: z.array(count)
    .describe("image heights at which attention follows the blocks; []: in the middle alone"),
  dropout: fraction.describe("share of a block's inner values dropped in training"),
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
 */
export const configSchema: z.ZodType<Config> = z.strictObject({
  seed: z.int().min(0).max(0xffffffff)
    .describe("where all randomness starts: the same seed gives the same run"),
  workdir: z.string()
    .describe(
      "folder of the run, which goes on from its newest checkpoint; used by one run at a time, which " +
        "its run.lock sees to; empty: runs/<preset>_scalelong<k>",
    ),

  train: z.strictObject({
    n_steps: count.describe(
      "steps in the whole run: each shows the network a batch and moves its weights once",
    ),
    batch_size: count.describe("images per step"),
    micro_batches: count.describe("parts a batch is split into, one after another, to save memory"),
    mode: z.enum(["uncond", "cond"]).describe("learn images alone, or images given a class"),
    p_uncond: fraction
      .describe(
        "share of images shown without their class, which guidance (sample.scale) needs; cond only",
      ),
    log_interval: count.describe("steps between lines of loss and speed in log.jsonl"),
    eval_interval: count.describe("steps between grids of samples, samples/<step>.png"),
    save_interval: count.describe("steps between checkpoints"),
    keep: count.describe("newest checkpoints kept on disk; older ones are deleted"),
    format: z.enum(["safetensors", "pytorch"]).default("safetensors")
      .describe("pytorch: also save each as the PyTorch implementation does, ckpts/<step>.ckpt"),
    ema_rate: fraction.describe(
      "share that the running average of the weights keeps at a step; samples are drawn from it",
    ),
    grad_clip: z.number().min(0).describe(
      "a gradient of a larger norm is scaled down to it, against sudden jumps; 0: never",
    ),
    mixed_precision: z.enum(["no", "fp16"]).default("no")
      .describe("fp16: the network works with 16-bit numbers: less memory, less exact"),
  }).describe("the training loop"),

  optimizer: z.strictObject({
    name: z.enum(["adamw", "adam"])
      .describe("what weight_decay does: adamw shrinks the weights, adam adds to the gradient"),
    lr: z.number().gt(0).describe("learning rate, how far a step moves the weights; after warm-up"),
    weight_decay: z.number().min(0).describe("how strongly every weight is pulled towards zero"),
    betas: z.tuple([fraction, fraction]).describe(
      "memory of the averages of the gradient and of its square, share kept at a step",
    ),
    eps: z.number().gt(0).describe(
      "small number that keeps the division by that square's root tame",
    ),
  }).describe("how a gradient moves the weights"),

  lr_scheduler: z.strictObject({
    name: z.enum(["customized", "cosine"])
      .describe("after warm-up: customized stays level, cosine falls to 0 at n_steps"),
    warmup_steps: z.int().min(0).describe("steps over which the rate grows from 0 to lr; 0: none"),
  }).describe("how the learning rate moves"),

  nnet: z.discriminatedUnion("name", [uvitSchema, unetSchema]).describe("the network"),

  dataset: z.strictObject({
    name: z.string().min(1)
      .describe("shapes are drawn by the program, folder is a folder of PNG or JPEG files"),
    path: z.string().min(1).nullable()
      .describe("where the files are; null: cifar10 is downloaded, shapes need none"),
    image_size: count.describe("height and width images are brought to, pixels"),
    random_flip: z.boolean().describe("mirror half of the images left to right"),
    n: count.describe("how many images to draw; shapes only"),
  }).describe("the images"),

  process: processSchema,

  sample: z.strictObject({
    n_samples: count.describe("images in a grid"),
    algorithm: z.string().min(1).describe("sampler, which turns noise into images"),
    sample_steps: count.describe(
      "times the network is asked per image; more is slower and finer",
    ),
    scale: z.number().min(0).describe(
      "how strongly images are pushed towards their class (guidance); cond only; 0: not",
    ),
    clip_denoised: z.boolean()
      .describe(
        "keep the image that each step predicts within the range of colours, unlike the reference",
      ),
  }).describe("the grid of samples drawn while training"),

  eval: evalSchema,
}).superRefine((config, context) => {
  for (const message of contradictions(config)) context.addIssue({ code: "custom", message });
});
