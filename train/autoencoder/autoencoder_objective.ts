import {
  affine,
  input,
  mean,
  randomNormal,
  type Shape,
  sqrt,
  square,
  sub,
  type Tensor,
  unpackBytes,
} from "../../engine/mod.ts";
import { autoencoderParameters, downsamplingOf } from "../../nets/autoencoder_parameters.ts";
import type { MakeParameter } from "../../nets/parameters.ts";
import {
  autoencoderOfRun,
  type AutoencoderRunConfig,
  isAutoencoderRun,
  type RunConfig,
} from "../config/autoencoder_run_config.ts";
import type { Objective } from "../train_step_graph.ts";
import { autoencoderLoss } from "./autoencoder_loss.ts";

/** Philox stream of the noise in latents. */
const NOISE = 5;

/**
 * What `TrainStep` minimises for a configuration where that is no diffusion model; undefined for one,
 * which `TrainStep` knows by itself.
 * @category Training
 */
export function objectiveOf(config: RunConfig): Objective | undefined {
  if (!isAutoencoderRun(config)) return undefined;
  return (parameter) => autoencoderObjective(config, parameter);
}

/** Images as the autoencoder takes them, `shape` in [-1, 1], of the input `images`: bytes in words. */
function imagesInput(shape: Shape): Tensor {
  const words = Math.ceil(shape.reduce((a, b) => a * b, 1) / 4);
  return affine(unpackBytes(input("images", [words], "u32"), shape), 2 / 255, -1);
}

/**
 * What an autoencoder is trained by, and what is recorded of a step besides: the mean absolute
 * difference of reconstructions, the divergence of the latents, and their standard deviation.
 */
function autoencoderObjective(
  { nnet, train: { batch_size, micro_batches, kl_weight } }: AutoencoderRunConfig,
  parameter: MakeParameter<Tensor>,
): ReturnType<Objective> {
  const autoencoder = autoencoderOfRun(nnet);
  const size = nnet.img_size / downsamplingOf(autoencoder);
  const n = batch_size / micro_batches;
  const images = imagesInput([n, nnet.in_chans, nnet.img_size, nnet.img_size]);
  const latents = [n, nnet.embed_dim, size, size];
  const noise = randomNormal(input("key", [4], "u32"), latents, NOISE);
  const params = autoencoderParameters(autoencoder, parameter);
  const { loss, reconstruction, divergence, latents: z } = autoencoderLoss(
    params,
    { images, noise },
    autoencoder,
    kl_weight,
  );
  const latent_std = sqrt(mean(square(sub(z, mean(z)))));
  return { loss, measures: { reconstruction, kl: divergence, latent_std } };
}
