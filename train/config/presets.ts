import type { UNetNnetConfig, UVitNnetConfig } from "./config.ts";
import { DEFAULT_LATENTS } from "./latent_config.ts";
import { DEFAULT_TEXT_ENCODER } from "./text_config.ts";
import { latentPresets } from "./latent_presets.ts";
import { DEFAULT_SOLVER } from "./solver_config.ts";
import { DEFAULT_PROCESS } from "../diffusion/process_config.ts";
import { EVAL_OFF } from "./fid_config.ts";
import { type Preset, quickstart, quickstart_unet } from "./quickstart.ts";

export type { Preset };

/**
 * Whole configurations by the name that `--preset` takes.
 * @category Configuration
 */
export interface Presets {
  /** U-ViT on shapes: a first run in minutes. */
  readonly quickstart: Preset<UVitNnetConfig>;
  /** U-ViT in the paper's CIFAR-10 setting. */
  readonly cifar10: Preset<UVitNnetConfig>;
  /** U-ViT on a folder of images; its classes are set as the folder has them. */
  readonly folder: Preset<UVitNnetConfig>;
  /** U-ViT on a folder of latents; image size, channels and classes are set as the folder has them. */
  readonly features: Preset<UVitNnetConfig>;
  /** U-ViT on captioned shapes, with a text encoder of its own: text to image in minutes. */
  readonly quickstart_t2i: Preset<UVitNnetConfig>;
  /** U-ViT on latents of shapes, which an autoencoder of one's own makes first. */
  readonly quickstart_latent: Preset<UVitNnetConfig>;
  /** The UNet on shapes. */
  readonly quickstart_unet: Preset<UNetNnetConfig>;
  /** The UNet in DDPM's CIFAR-10 setting. */
  readonly cifar10_unet: Preset<UNetNnetConfig>;
  /** The UNet on a folder of images. */
  readonly folder_unet: Preset<UNetNnetConfig>;
  /** The UNet on a folder of latents. */
  readonly features_unet: Preset<UNetNnetConfig>;
  /** U-ViT-L/2 on latents of ImageNet by class, 256 pixels. */
  readonly imagenet256_uvit_large: Preset<UVitNnetConfig>;
  /** U-ViT-H/2 on latents of ImageNet by class, 256 pixels. */
  readonly imagenet256_uvit_huge: Preset<UVitNnetConfig>;
  /** U-ViT-L/4 on latents of ImageNet by class, 512 pixels. */
  readonly imagenet512_uvit_large: Preset<UVitNnetConfig>;
  /** U-ViT-H/4 on latents of ImageNet by class, 512 pixels. */
  readonly imagenet512_uvit_huge: Preset<UVitNnetConfig>;
  /** U-ViT-S/2 on latents and captions of MS-COCO, 256 pixels. */
  readonly mscoco_uvit_small: Preset<UVitNnetConfig>;
  /** The same with 16 blocks in place of 12. */
  readonly mscoco_uvit_small_deep: Preset<UVitNnetConfig>;
}

/**
 * A name that `--preset` takes.
 * @category Configuration
 */
export type PresetName = keyof Presets;

/** U-ViT on captioned shapes, with a text encoder of its own: text to image in minutes. */
const quickstart_t2i: Preset<UVitNnetConfig> = {
  ...quickstart,
  train: {
    ...quickstart.train,
    n_steps: 4000,
    batch_size: 32,
    eval_interval: 500,
    save_interval: 500,
    grad_clip: 1,
  },
  optimizer: { ...quickstart.optimizer, lr: 3e-3 },
  nnet: {
    ...quickstart.nnet,
    img_size: 16,
    patch_size: 4,
    embed_dim: 64,
    num_heads: 2,
    num_classes: -1,
    clip_dim: 64,
    num_clip_token: 12,
    text_depth: 2,
    text_heads: 2,
  },
  dataset: { ...quickstart.dataset, name: "captioned_shapes", image_size: 16, n: 16384 },
  // To predict such plain images takes far fewer steps than to predict their noise.
  process: { ...DEFAULT_PROCESS, target: "data" },
};

/** Where the autoencoder of {@linkcode quickstart_latent} is trained, by its preset's name. */
const AUTOENCODER = "runs/quickstart_autoencoder";

/** U-ViT on latents of shapes, which two other commands make first. */
const quickstart_latent: Preset<UVitNnetConfig> = {
  ...quickstart,
  nnet: { ...quickstart.nnet, img_size: 6, patch_size: 2, in_chans: 4 },
  dataset: {
    ...quickstart.dataset,
    name: "features",
    path: `${AUTOENCODER}/features`,
    image_size: 6,
  },
  autoencoder: { ...DEFAULT_LATENTS, weights: AUTOENCODER },
  sample: { ...quickstart.sample, clip_denoised: false },
};

const cifar10: Preset<UVitNnetConfig> = {
  seed: 1234,
  workdir: "",
  train: {
    n_steps: 500_000,
    batch_size: 128,
    micro_batches: 1,
    mode: "uncond",
    p_uncond: 0,
    log_interval: 100,
    eval_interval: 5000,
    save_interval: 50_000,
    keep: 10,
    format: "safetensors",
    ema_rate: 0.9999,
    grad_clip: 0,
    mixed_precision: "no",
  },
  optimizer: { name: "adamw", lr: 2e-4, weight_decay: 0.03, betas: [0.99, 0.999], eps: 1e-8 },
  lr_scheduler: { name: "customized", warmup_steps: 2500 },
  nnet: {
    name: "uvit",
    img_size: 32,
    patch_size: 2,
    in_chans: 3,
    embed_dim: 512,
    depth: 12,
    num_heads: 8,
    mlp_ratio: 4,
    qkv_bias: false,
    qk_scale: null,
    mlp_time_embed: false,
    num_classes: -1,
    clip_dim: null,
    num_clip_token: 77,
    text_depth: 0,
    text_heads: 4,
    conv: true,
    skip: true,
    use_checkpoint: false,
    scalelong: 0,
    kappa: 0.7,
  },
  dataset: {
    name: "cifar10",
    path: null,
    image_size: 32,
    background: null,
    random_flip: true,
    n: 8192,
    skip_broken: false,
    cache: true,
  },
  autoencoder: DEFAULT_LATENTS,
  text_encoder: DEFAULT_TEXT_ENCODER,
  process: DEFAULT_PROCESS,
  sample: {
    n_samples: 100,
    algorithm: "euler_maruyama_ode",
    sample_steps: 50,
    ...DEFAULT_SOLVER,
    scale: 0,
    clip_denoised: false,
  },
  eval: EVAL_OFF,
};

const folder: Preset<UVitNnetConfig> = {
  seed: 0,
  workdir: "",
  train: {
    n_steps: 20_000,
    batch_size: 32,
    micro_batches: 1,
    mode: "uncond",
    p_uncond: 0.1,
    log_interval: 10,
    eval_interval: 500,
    save_interval: 500,
    keep: 3,
    format: "safetensors",
    ema_rate: 0.999,
    grad_clip: 1,
    mixed_precision: "no",
  },
  optimizer: { name: "adamw", lr: 3e-4, weight_decay: 0.03, betas: [0.9, 0.99], eps: 1e-8 },
  lr_scheduler: { name: "customized", warmup_steps: 500 },
  nnet: {
    name: "uvit",
    img_size: 64,
    patch_size: 4,
    in_chans: 3,
    embed_dim: 256,
    depth: 8,
    num_heads: 4,
    mlp_ratio: 4,
    qkv_bias: false,
    qk_scale: null,
    mlp_time_embed: false,
    num_classes: -1,
    clip_dim: null,
    num_clip_token: 77,
    text_depth: 0,
    text_heads: 4,
    conv: true,
    skip: true,
    use_checkpoint: false,
    scalelong: 0,
    kappa: 0.7,
  },
  dataset: { ...cifar10.dataset, name: "folder", image_size: 64 },
  autoencoder: DEFAULT_LATENTS,
  text_encoder: DEFAULT_TEXT_ENCODER,
  process: DEFAULT_PROCESS,
  sample: {
    n_samples: 16,
    algorithm: "dpm_solver",
    sample_steps: 30,
    ...DEFAULT_SOLVER,
    scale: 1,
    clip_denoised: true,
  },
  eval: EVAL_OFF,
};

const features: Preset<UVitNnetConfig> = {
  ...folder,
  train: { ...folder.train, n_steps: 100_000, batch_size: 64, ema_rate: 0.9999 },
  optimizer: { ...folder.optimizer, lr: 2e-4, betas: [0.99, 0.99] },
  lr_scheduler: { name: "customized", warmup_steps: 5000 },
  nnet: { ...cifar10.nnet, in_chans: 4 },
  dataset: { ...folder.dataset, name: "features", image_size: 32, random_flip: false },
  // Latents are no images yet: drawing them takes the autoencoder.
  sample: { ...folder.sample, n_samples: 0, clip_denoised: false },
};

/**
 * Configurations to start from.
 * @category Configuration
 */
export const presets: Presets = {
  quickstart,
  cifar10,
  folder,
  features,
  quickstart_t2i,
  quickstart_latent,
  quickstart_unet,
  cifar10_unet: {
    ...cifar10,
    train: { ...cifar10.train, n_steps: 800_000, grad_clip: 1 },
    optimizer: { name: "adam", lr: 2e-4, weight_decay: 0, betas: [0.9, 0.999], eps: 1e-8 },
    lr_scheduler: { name: "customized", warmup_steps: 5000 },
    nnet: {
      name: "unet",
      img_size: 32,
      in_chans: 3,
      ch: 128,
      ch_mult: [1, 2, 2, 2],
      num_res_blocks: 2,
      attn_resolutions: [16],
      dropout: 0.1,
      num_classes: -1,
      use_checkpoint: false,
      scalelong: 0,
      kappa: 0.7,
      kappa_index: "skip",
    },
  },
  folder_unet: {
    ...folder,
    optimizer: { name: "adam", lr: 2e-4, weight_decay: 0, betas: [0.9, 0.999], eps: 1e-8 },
    nnet: {
      name: "unet",
      img_size: 64,
      in_chans: 3,
      ch: 64,
      ch_mult: [1, 2, 2, 2],
      num_res_blocks: 2,
      attn_resolutions: [16],
      dropout: 0.1,
      num_classes: -1,
      use_checkpoint: false,
      scalelong: 0,
      kappa: 0.7,
      kappa_index: "skip",
    },
  },
  features_unet: {
    ...features,
    optimizer: { name: "adam", lr: 2e-4, weight_decay: 0, betas: [0.9, 0.999], eps: 1e-8 },
    nnet: {
      name: "unet",
      img_size: 32,
      in_chans: 4,
      ch: 128,
      ch_mult: [1, 2, 2],
      num_res_blocks: 2,
      attn_resolutions: [16],
      dropout: 0,
      num_classes: -1,
      use_checkpoint: false,
      scalelong: 0,
      kappa: 0.7,
      kappa_index: "skip",
    },
  },
  ...latentPresets,
};
