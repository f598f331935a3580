import { DEFAULT_LATENTS } from "./latent_config.ts";
import { DEFAULT_TEXT_ENCODER } from "./text_config.ts";
import { DEFAULT_PROCESS } from "../diffusion/process_config.ts";
import type { Config, UNetNnetConfig, UVitNnetConfig } from "./config.ts";
import { EVAL_OFF } from "./fid_config.ts";
import { DEFAULT_SOLVER } from "./solver_config.ts";

/**
 * A configuration of one kind of network.
 * @category Configuration
 */
export type Preset<N> = Config & { nnet: N };

/** U-ViT on shapes: a first run in minutes. */
export const quickstart: Preset<UVitNnetConfig> = {
  seed: 0,
  workdir: "",
  train: {
    n_steps: 1500,
    batch_size: 64,
    micro_batches: 1,
    mode: "cond",
    p_uncond: 0.1,
    log_interval: 10,
    eval_interval: 300,
    save_interval: 300,
    keep: 3,
    format: "safetensors",
    ema_rate: 0.995,
    grad_clip: 0,
    mixed_precision: "no",
  },
  optimizer: { name: "adamw", lr: 4e-3, weight_decay: 0.03, betas: [0.9, 0.99], eps: 1e-8 },
  lr_scheduler: { name: "cosine", warmup_steps: 100 },
  nnet: {
    name: "uvit",
    img_size: 12,
    patch_size: 3,
    in_chans: 3,
    embed_dim: 128,
    depth: 4,
    num_heads: 4,
    mlp_ratio: 4,
    qkv_bias: false,
    qk_scale: null,
    mlp_time_embed: false,
    num_classes: 17,
    clip_dim: null,
    num_clip_token: 77,
    text_depth: 0,
    text_heads: 4,
    conv: false,
    skip: true,
    use_checkpoint: false,
    scalelong: 0,
    kappa: 0.7,
  },
  dataset: {
    name: "shapes",
    path: null,
    image_size: 12,
    background: null,
    random_flip: false,
    n: 8192,
    skip_broken: false,
    cache: true,
  },
  autoencoder: DEFAULT_LATENTS,
  text_encoder: DEFAULT_TEXT_ENCODER,
  process: DEFAULT_PROCESS,
  sample: {
    n_samples: 32,
    algorithm: "ddpm",
    sample_steps: 40,
    ...DEFAULT_SOLVER,
    scale: 1,
    clip_denoised: true,
  },
  eval: EVAL_OFF,
};

/** The UNet on shapes. */
export const quickstart_unet: Preset<UNetNnetConfig> = {
  ...quickstart,
  train: { ...quickstart.train, batch_size: 32, grad_clip: 1 },
  optimizer: { name: "adam", lr: 1e-3, weight_decay: 0, betas: [0.9, 0.999], eps: 1e-8 },
  nnet: {
    name: "unet",
    img_size: 12,
    in_chans: 3,
    ch: 32,
    ch_mult: [1, 2, 2],
    num_res_blocks: 1,
    attn_resolutions: [6],
    dropout: 0,
    num_classes: 17,
    use_checkpoint: false,
    scalelong: 0,
    kappa: 0.7,
    kappa_index: "skip",
  },
};
