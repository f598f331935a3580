import { downsamplingOf } from "../../nets/autoencoder_parameters.ts";
import { GROUP_NORM } from "../../nets/resnet_block.ts";
import type { AutoencoderRunConfig } from "./autoencoder_run_config.ts";

/**
 * The rules between fields that the configuration of an autoencoder breaks, one line each with what to
 * set instead.
 */
export function autoencoderProblems({ nnet, dataset, train }: AutoencoderRunConfig): string[] {
  const f = downsamplingOf(nnet);
  const up = (value: number, of: number) => Math.ceil(value / of) * of;
  return [
    ...nnet.ch % GROUP_NORM.groups === 0 ? [] : [
      `nnet.ch: ${nnet.ch} channels do not form the ${GROUP_NORM.groups} groups of the norms; ` +
      `take ${up(nnet.ch, GROUP_NORM.groups)}`,
    ],
    ...nnet.img_size % f === 0 ? [] : [
      `nnet.ch_mult: ${nnet.ch_mult.length} levels halve images ${
        nnet.ch_mult.length - 1
      } times, ` +
      `which ${nnet.img_size} pixels do not allow; give fewer levels, or take nnet.img_size=` +
      up(nnet.img_size, f),
    ],
    ...dataset.image_size === nnet.img_size ? [] : [
      `dataset.image_size: images are resized to ${dataset.image_size} pixels, but the network ` +
      `expects ${nnet.img_size}; give dataset.image_size and nnet.img_size the same value`,
    ],
    ...dataset.name !== "features" ? [] : [
      "dataset.name: features are latents already, and an autoencoder learns images; take the " +
      "images that they were made of",
    ],
    ...train.batch_size % train.micro_batches === 0 ? [] : [
      `train.micro_batches: a batch of ${train.batch_size} cannot be split into ` +
      `${train.micro_batches} equal parts; take a divisor of ${train.batch_size}`,
    ],
  ];
}
