import type { UNetConfig } from "../../nets/unet.ts";
import type { UVitConfig } from "../../nets/uvit.ts";
import type { LatentConfig } from "./latent_config.ts";
import type { TextEncoderConfig } from "./text_config.ts";
import type { ProcessConfig } from "../diffusion/process_config.ts";
import type { EvalConfig } from "./fid_config.ts";
import type { SolverConfig } from "./solver_config.ts";

/**
 * The training loop.
 * @category Configuration
 */
export interface TrainConfig {
  /** Optimizer steps of the whole run. */
  n_steps: number;
  /** Images per step, over all processes. */
  batch_size: number;
  /** Equal parts that a batch is split into, whose gradients are accumulated. */
  micro_batches: number;
  /** Unconditional, or conditional on class labels. */
  mode: "uncond" | "cond";
  /** Fraction of labels dropped for classifier-free guidance, in [0, 1). */
  p_uncond: number;
  /** Steps between lines of the log. */
  log_interval: number;
  /** Steps between grids of samples. */
  eval_interval: number;
  /** Steps between checkpoints. */
  save_interval: number;
  /** Number of checkpoints kept on disk, the newest. */
  keep: number;
  /** What checkpoints are saved as; PyTorch's files come on top. */
  format: "safetensors" | "pytorch";
  /** Decay of the exponential moving average of the weights, per step. */
  ema_rate: number;
  /** Largest norm of the gradient, larger ones are scaled down; 0: no clipping. */
  grad_clip: number;
  /** Type of activations and of the weights in the network: f32, or f16 with a loss scale. */
  mixed_precision: "no" | "fp16";
}

/**
 * The update rule.
 * @category Configuration
 */
export interface OptimizerConfig {
  /** Decoupled weight decay (AdamW), or weight decay as L2 regularization (Adam). */
  name: "adamw" | "adam";
  /** Learning rate after warm-up. */
  lr: number;
  /** Coefficient of the weight decay. */
  weight_decay: number;
  /** Decays of the moving averages of the gradient and of its square. */
  betas: [number, number];
  /** Added to the denominator of the update. */
  eps: number;
}

/**
 * The learning rate over the steps.
 * @category Configuration
 */
export interface LrSchedulerConfig {
  /** Constant after warm-up, or half a cosine to 0. */
  name: "customized" | "cosine";
  /** Steps of the linear warm-up. */
  warmup_steps: number;
}

/**
 * Options that can be set, lists included.
 * @category Configuration
 */
export type Mutable<T> = {
  -readonly [K in keyof T]: T[K] extends readonly number[] ? number[] : T[K];
};

/**
 * U-ViT's options.
 * @category Configuration
 */
export type UVitNnetConfig = { name: "uvit" } & Mutable<UVitConfig>;

/**
 * The UNet's options.
 * @category Configuration
 */
export type UNetNnetConfig = { name: "unet" } & Mutable<UNetConfig>;

/**
 * The network: its name, and its own options.
 * @category Configuration
 */
export type NnetConfig = UVitNnetConfig | UNetNnetConfig;

/**
 * The images.
 * @category Configuration
 */
export interface DatasetConfig {
  /** A name in the table of data sets. */
  name: string;
  /** Where its files are; null: downloaded or drawn. */
  path: string | null;
  /** Height and width that images are resized to, pixels. */
  image_size: number;
  /** The colour that transparent pixels are put over, see `colourOf`; null drops transparency. */
  background: string | null;
  /** Flip images left to right, each with probability 1/2. */
  random_flip: boolean;
  /** Number of images to draw, for a data set that is drawn. */
  n: number;
  /** Leave out image files that cannot be decoded. */
  skip_broken: boolean;
  /** Keep decoded images in the workdir between starts. */
  cache: boolean;
}

/**
 * The grid of samples drawn while training.
 * @category Configuration
 */
export interface SampleConfig extends SolverConfig {
  /** Number of images in a grid; 0: no grids are drawn. */
  n_samples: number;
  /** A name in the table of samplers. */
  algorithm: string;
  /** Network evaluations per image. */
  sample_steps: number;
  /** Strength s of classifier-free guidance, `cond + s (cond - uncond)`; 0: none. */
  scale: number;
  /** Clip each predicted image to the range of pixels. */
  clip_denoised: boolean;
}

/**
 * Everything a training run depends on; `parseConfig` checks it, and `deno task train --help` describes each field in full.
 * @category Configuration
 */
export interface Config {
  /** Seed of all random numbers, a u32. */
  seed: number;
  /** Folder of the run; empty: named after preset and method. */
  workdir: string;
  /** The training loop. */
  train: TrainConfig;
  /** The update rule. */
  optimizer: OptimizerConfig;
  /** The learning rate over the steps. */
  lr_scheduler: LrSchedulerConfig;
  /** The network. */
  nnet: NnetConfig;
  /** The images. */
  dataset: DatasetConfig;
  /** The autoencoder of latents. */
  autoencoder: LatentConfig;
  /** The text encoder of a network of texts. */
  text_encoder: TextEncoderConfig;
  /** The diffusion process. */
  process: ProcessConfig;
  /** The grid of samples drawn while training. */
  sample: SampleConfig;
  /** Evaluation while training. */
  eval: EvalConfig;
}
