import { DEFAULT_PROCESS, type ProcessConfig } from "../diffusion/process_config.ts";
import type { Config, TrainConfig, UVitNnetConfig } from "./config.ts";
import { EVAL_OFF } from "./fid_config.ts";
import { DEFAULT_TEXT_ENCODER } from "./text_config.ts";

/** A U-ViT on latents. */
type LatentPreset = Config & { nnet: UVitNnetConfig };

/** What sets the published latent networks apart. */
interface Published {
  readonly train: Pick<TrainConfig, "n_steps" | "batch_size" | "p_uncond">;
  readonly betas: [number, number];
  readonly nnet:
    & Pick<UVitNnetConfig, "embed_dim" | "depth" | "num_heads">
    & Partial<UVitNnetConfig>;
  readonly process: ProcessConfig;
  /** Strength of guidance. */
  readonly scale: number;
  readonly scale_factor: number;
}

/** The discrete process of Stable Diffusion. */
const STABLE_DIFFUSION: ProcessConfig = {
  ...DEFAULT_PROCESS,
  schedule: "vp_discrete",
  beta_spacing: "scaled_linear",
  beta_first: 0.00085,
  beta_last: 0.012,
  beta_steps: 1000,
};

/** Grids and FID are off: they take the autoencoder, to decode what is drawn. */
function published({ train, betas, nnet, process, scale, scale_factor }: Published): LatentPreset {
  const is_discrete = process.schedule === "vp_discrete";
  return {
    seed: 1234,
    workdir: "",
    train: {
      ...train,
      micro_batches: 1,
      mode: "cond",
      log_interval: 10,
      eval_interval: 5000,
      save_interval: 50_000,
      keep: 10,
      format: "safetensors",
      ema_rate: 0.9999,
      grad_clip: 0,
      mixed_precision: "fp16",
    },
    optimizer: { name: "adamw", lr: 2e-4, weight_decay: 0.03, betas, eps: 1e-8 },
    lr_scheduler: { name: "customized", warmup_steps: 5000 },
    nnet: {
      name: "uvit",
      img_size: 32,
      patch_size: 2,
      in_chans: 4,
      mlp_ratio: 4,
      qkv_bias: false,
      qk_scale: null,
      mlp_time_embed: false,
      num_classes: 1001,
      clip_dim: null,
      num_clip_token: 77,
      text_depth: 0,
      text_heads: 4,
      conv: true,
      skip: true,
      use_checkpoint: true,
      scalelong: 0,
      kappa: 0.7,
      ...nnet,
    },
    dataset: {
      name: "features",
      path: null,
      image_size: nnet.img_size ?? 32,
      background: null,
      random_flip: false,
      n: 8192,
      skip_broken: false,
      cache: true,
    },
    autoencoder: { weights: null, scale_factor },
    text_encoder: DEFAULT_TEXT_ENCODER,
    process,
    sample: {
      n_samples: 0,
      algorithm: is_discrete ? "dpm_solver_pp" : "dpm_solver",
      sample_steps: 50,
      variant: "fast",
      order: 3,
      grid: is_discrete ? "uniform" : "log_snr",
      eta: null,
      t_end: is_discrete ? 1e-3 : 1e-4,
      scale,
      clip_denoised: false,
    },
    eval: EVAL_OFF,
  };
}

const imagenet256_uvit_large = published({
  train: { n_steps: 300_000, batch_size: 1024, p_uncond: 0.15 },
  betas: [0.99, 0.99],
  nnet: { embed_dim: 1024, depth: 20, num_heads: 16 },
  process: DEFAULT_PROCESS,
  scale: 0.4,
  scale_factor: 0.18215,
});

const imagenet256_uvit_huge = published({
  train: { n_steps: 500_000, batch_size: 1024, p_uncond: 0.1 },
  betas: [0.99, 0.99],
  nnet: { embed_dim: 1152, depth: 28, num_heads: 16, conv: false },
  process: STABLE_DIFFUSION,
  scale: 0.4,
  scale_factor: 0.18215,
});

/** The same network for 512 pixels: latents of twice the side, in patches of twice the side. */
function at512(
  { train, nnet, dataset, sample, ...rest }: LatentPreset,
): LatentPreset {
  return {
    ...rest,
    train: { ...train, n_steps: 500_000 },
    nnet: { ...nnet, img_size: 64, patch_size: 4 },
    dataset: { ...dataset, image_size: 64 },
    sample: { ...sample, scale: 0.7 },
  };
}

const mscoco_uvit_small = published({
  train: { n_steps: 1_000_000, batch_size: 256, p_uncond: 0.1 },
  betas: [0.9, 0.9],
  nnet: {
    embed_dim: 512,
    depth: 12,
    num_heads: 8,
    num_classes: -1,
    clip_dim: 768,
    use_checkpoint: false,
  },
  process: STABLE_DIFFUSION,
  scale: 1,
  scale_factor: 0.2301,
});

/** U-ViT's published settings on latents; ScaleLong's methods come on top. */
export const latentPresets = {
  imagenet256_uvit_large,
  imagenet256_uvit_huge,
  imagenet512_uvit_large: at512(imagenet256_uvit_large),
  imagenet512_uvit_huge: at512(imagenet256_uvit_huge),
  mscoco_uvit_small,
  mscoco_uvit_small_deep: {
    ...mscoco_uvit_small,
    nnet: { ...mscoco_uvit_small.nnet, depth: 16 },
  },
} satisfies Readonly<Record<string, LatentPreset>>;
