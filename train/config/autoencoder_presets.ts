import type { AutoencoderRunConfig } from "./autoencoder_run_config.ts";
import { presets } from "./presets.ts";

/**
 * Whole configurations of autoencoders by the name that `--preset` takes.
 * @category Configuration
 */
export interface AutoencoderPresets {
  /** An autoencoder of shapes, whose latents `quickstart_latent` learns. */
  readonly quickstart_autoencoder: AutoencoderRunConfig;
  /** An autoencoder of CIFAR-10. */
  readonly cifar10_autoencoder: AutoencoderRunConfig;
  /** An autoencoder of a folder of images. */
  readonly folder_autoencoder: AutoencoderRunConfig;
}

const { quickstart, cifar10, folder } = presets;

const quickstart_autoencoder: AutoencoderRunConfig = {
  seed: 0,
  workdir: "",
  train: {
    n_steps: 1000,
    batch_size: 8,
    micro_batches: 1,
    log_interval: 10,
    eval_interval: 200,
    save_interval: 200,
    keep: 3,
    format: "safetensors",
    ema_rate: 0.98,
    grad_clip: 1,
    kl_weight: 1e-6,
  },
  optimizer: { name: "adamw", lr: 2e-3, weight_decay: 0, betas: [0.9, 0.99], eps: 1e-8 },
  lr_scheduler: { name: "cosine", warmup_steps: 50 },
  nnet: {
    name: "autoencoder",
    img_size: 24,
    in_chans: 3,
    ch: 32,
    ch_mult: [1, 1, 2],
    num_res_blocks: 1,
    z_channels: 4,
    embed_dim: 4,
  },
  dataset: { ...quickstart.dataset, image_size: 24 },
  sample: { n_samples: 16 },
};

const folder_autoencoder: AutoencoderRunConfig = {
  ...quickstart_autoencoder,
  train: {
    ...quickstart_autoencoder.train,
    n_steps: 20_000,
    batch_size: 16,
    eval_interval: 500,
    save_interval: 500,
    ema_rate: 0.999,
  },
  optimizer: { name: "adamw", lr: 3e-4, weight_decay: 0, betas: [0.9, 0.99], eps: 1e-8 },
  lr_scheduler: { name: "customized", warmup_steps: 500 },
  nnet: {
    ...quickstart_autoencoder.nnet,
    img_size: 64,
    ch: 64,
    ch_mult: [1, 2, 4],
    num_res_blocks: 2,
  },
  dataset: { ...folder.dataset },
};

/**
 * Autoencoders to start from.
 * @category Configuration
 */
export const autoencoderPresets: AutoencoderPresets = {
  quickstart_autoencoder,
  cifar10_autoencoder: {
    ...folder_autoencoder,
    seed: cifar10.seed,
    nnet: { ...folder_autoencoder.nnet, img_size: 32 },
    dataset: { ...cifar10.dataset },
  },
  folder_autoencoder,
};
