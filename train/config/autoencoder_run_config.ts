import type { AutoencoderConfig } from "../../nets/autoencoder_parameters.ts";
import { type Conditioning, conditioningOf } from "../../nets/conditioning.ts";
import type { Config, DatasetConfig, SampleConfig, TrainConfig } from "./config.ts";

/**
 * The options of an autoencoder of latents; their names are those of latent diffusion.
 * @category Configuration
 */
export interface AutoencoderNnetConfig {
  /** Which network it is. */
  name: "autoencoder";
  /** Height and width of an image, pixels. */
  img_size: number;
  /** Channels of an image: 3 colour, 1 grey. */
  in_chans: number;
  /** Channels of the first level, a multiple of 32. */
  ch: number;
  /** Channels by level, in `ch`; each level has half the height and width of the one before. */
  ch_mult: number[];
  /** Residual blocks of a level of the encoder; the decoder has one more. */
  num_res_blocks: number;
  /** Channels between encoder and decoder. */
  z_channels: number;
  /** Channels of the latents. */
  embed_dim: number;
}

/**
 * How an autoencoder is trained.
 * @category Configuration
 */
export interface AutoencoderTrainConfig
  extends Omit<TrainConfig, "mode" | "p_uncond" | "mixed_precision"> {
  /** Weight of the divergence from the standard normal distribution; latent diffusion's is 1e-6. */
  kl_weight: number;
}

/**
 * Everything that the training of an autoencoder depends on; what is missing of a {@linkcode Config}
 * has no meaning for it.
 * @category Configuration
 */
export interface AutoencoderRunConfig
  extends Pick<Config, "seed" | "workdir" | "optimizer" | "lr_scheduler"> {
  /** The training loop. */
  train: AutoencoderTrainConfig;
  /** The network. */
  nnet: AutoencoderNnetConfig;
  /** The images. */
  dataset: DatasetConfig;
  /** The grid of images and their reconstructions. */
  sample: Pick<SampleConfig, "n_samples">;
}

/**
 * Everything that a run depends on: of a diffusion model or of an autoencoder.
 * @category Configuration
 */
export type RunConfig = Config | AutoencoderRunConfig;

/**
 * Whether a run trains an autoencoder.
 * @category Configuration
 */
export function isAutoencoderRun(config: RunConfig): config is AutoencoderRunConfig {
  return config.nnet.name === "autoencoder";
}

/**
 * The network of a run, whose latents have no scale factor yet: it follows from what is learned.
 * @category Configuration
 */
export function autoencoderOfRun({ in_chans, ...nnet }: AutoencoderNnetConfig): AutoencoderConfig {
  const { ch, ch_mult, num_res_blocks, z_channels, embed_dim } = nnet;
  return {
    in_channels: in_chans,
    ...{ ch, ch_mult, num_res_blocks, z_channels, embed_dim },
    scale_factor: 1,
  };
}

/** What a run's network is conditioned on; an autoencoder on nothing. */
export function conditioningOfRun({ nnet }: Pick<RunConfig, "nnet">): Conditioning {
  return nnet.name === "autoencoder" ? { kind: "none" } : conditioningOf(nnet);
}

/** The same run with another batch, or another number of parts of it. */
export function withBatch<C extends RunConfig>(
  config: C,
  batch: Partial<Pick<TrainConfig, "batch_size" | "micro_batches">>,
): C {
  return { ...config, train: { ...config.train, ...batch } };
}

/** The type of a run's activations, by the name of its setting. */
export function precisionOf(config: RunConfig): TrainConfig["mixed_precision"] {
  return isAutoencoderRun(config) ? "no" : config.train.mixed_precision;
}
