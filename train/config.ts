import { z } from "zod";
import type { UNetConfig } from "../nets/unet.ts";
import type { UVitConfig } from "../nets/uvit.ts";
import { type EvalConfig, evalSchema } from "./fid_config.ts";
import { type SamplerName, SAMPLERS } from "./sampler_names.ts";
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

/** The pictures. */
export interface DatasetConfig {
  name: "shapes" | "cifar10" | "folder";
  path: string | null;
  image_size: number;
  random_flip: boolean;
  n: number;
}

/** The grid of samples drawn while training. */
export interface SampleConfig {
  n_samples: number;
  algorithm: SamplerName;
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
  sample: SampleConfig;
  eval: EvalConfig;
}

const count = z.int().min(1);
const fraction = z.number().min(0).lt(1);

/** What every network has. */
const shared = {
  img_size: count.describe("height and width of a picture, pixels"),
  in_chans: count.describe("channels of a picture: 3 colour, 1 grey"),
  num_classes: z.union([z.literal(-1), count])
    .describe("label embeddings, one more than classes when labels are dropped; -1: uncond"),
  use_checkpoint: z.boolean()
    .describe("recompute blocks in the backward pass: less memory, more time"),
  scalelong: z.literal([0, 1, 2, 3, 4])
    .describe(
      "how long skips are scaled: 0 not at all, 1 by 1/sqrt(2), 2 CS, 3 LS, 4 LS not shared",
    ),
  kappa: z.number().gt(0).max(1)
    .describe("base of CS's factors, in (0, 1]; the paper uses 0.5 to 0.95"),
};
const NAME = "the network; its settings follow";

const uvitSchema = z.strictObject({
  name: z.literal("uvit").describe(NAME),
  img_size: shared.img_size,
  patch_size: count.describe("height and width of a patch, pixels; small is fine and slow"),
  in_chans: shared.in_chans,
  embed_dim: count.describe("width: numbers per token"),
  depth: count.describe("transformer blocks besides the middle one; half go in, half come out"),
  num_heads: count.describe("attention heads"),
  mlp_ratio: z.number().gt(0).describe("width of a block's hidden layer, in widths"),
  qkv_bias: z.boolean().describe("add a bias to queries, keys and values"),
  qk_scale: z.number().gt(0).nullable()
    .describe("factor on query times key; null: 1 / sqrt(width of a head)"),
  mlp_time_embed: z.boolean().describe("pass the time embedding through a small network first"),
  num_classes: shared.num_classes,
  conv: z.boolean().describe("end with a 3 x 3 convolution over the picture"),
  skip: z.boolean().describe("have long skips"),
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
    .describe("channels by level, in ch; each level halves the picture's height and width"),
  num_res_blocks: count.describe("residual blocks of a level going down; one more coming up"),
  attn_resolutions: z.array(count)
    .describe("picture heights at which attention follows the blocks; []: in the middle alone"),
  dropout: fraction.describe("share of a block's inner values dropped in training"),
  num_classes: shared.num_classes,
  use_checkpoint: shared.use_checkpoint,
  scalelong: shared.scalelong,
  kappa: shared.kappa,
  kappa_index: z.enum(["skip", "resolution"])
    .describe("what CS's exponent counts from the outside in: skips, or their resolutions"),
});

/**
 * Checks a whole configuration: types, ranges, no unknown field, and the rules of `contradictions`.
 */
export const configSchema: z.ZodType<Config> = z.strictObject({
  seed: z.int().min(0).max(0xffffffff)
    .describe("where all randomness starts: the same seed gives the same run"),
  workdir: z.string()
    .describe("folder for checkpoints, log and samples; empty: runs/<preset>_scalelong<k>"),

  train: z.strictObject({
    n_steps: count.describe("optimizer steps in the whole run"),
    batch_size: count.describe("pictures per step"),
    micro_batches: count.describe("parts a batch is split into, one after another, to save memory"),
    mode: z.enum(["uncond", "cond"]).describe("learn pictures alone, or pictures given a class"),
    p_uncond: fraction
      .describe("share of labels dropped, so that guidance has something to lean on; cond only"),
    log_interval: count.describe("steps between lines in log.jsonl"),
    eval_interval: count.describe("steps between grids of samples"),
    save_interval: count.describe("steps between checkpoints"),
    keep: count.describe("newest checkpoints kept on disk"),
    format: z.enum(["safetensors", "pytorch"]).default("safetensors")
      .describe("pytorch: also save each as the PyTorch implementation does, ckpts/<step>.ckpt"),
    ema_rate: fraction.describe(
      "decay per step of the averaged weights that samples are drawn from",
    ),
    grad_clip: z.number().min(0).describe("largest norm of the gradient; 0: not clipped"),
    mixed_precision: z.enum(["no", "fp16"]).default("no")
      .describe("fp16: weights and activations of 16 bits; less memory, the loss scaled"),
  }).describe("the training loop"),

  optimizer: z.strictObject({
    name: z.enum(["adamw", "adam"])
      .describe("adamw decays the weights themselves, adam adds the decay to the gradient"),
    lr: z.number().gt(0).describe("learning rate after warm-up"),
    weight_decay: z.number().min(0).describe("pull towards zero, on every parameter"),
    betas: z.tuple([fraction, fraction]).describe("memory of the two moments"),
    eps: z.number().gt(0).describe("added to the root of the second moment"),
  }).describe("the update rule"),

  lr_scheduler: z.strictObject({
    name: z.enum(["customized", "cosine"])
      .describe("after warm-up: customized stays level, cosine falls to 0 at n_steps"),
    warmup_steps: z.int().min(0).describe("steps of linear warm-up from 0; 0: none"),
  }).describe("how the learning rate moves"),

  nnet: z.discriminatedUnion("name", [uvitSchema, unetSchema]).describe("the network"),

  dataset: z.strictObject({
    name: z.enum(["shapes", "cifar10", "folder"])
      .describe("shapes are drawn by the program, folder is a folder of PNG or JPEG files"),
    path: z.string().min(1).nullable()
      .describe("where the files are; null: cifar10 is downloaded, shapes need none"),
    image_size: count.describe("height and width pictures are brought to, pixels"),
    random_flip: z.boolean().describe("mirror half of the pictures left to right"),
    n: count.describe("how many pictures to draw; shapes only"),
  }).describe("the pictures"),

  sample: z.strictObject({
    n_samples: count.describe("pictures in a grid"),
    algorithm: z.enum(SAMPLERS).describe("the way from noise to pictures"),
    sample_steps: count.describe("sampler steps per picture"),
    scale: z.number().min(0).describe("strength of guidance; cond only; 0: off"),
    clip_denoised: z.boolean()
      .describe("clip the picture that each sampler step predicts; the reference does not"),
  }).describe("the grid of samples drawn while training"),

  eval: evalSchema,
}).superRefine((config, context) => {
  for (const message of contradictions(config)) context.addIssue({ code: "custom", message });
});
