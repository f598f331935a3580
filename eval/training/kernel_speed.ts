import type { AdapterClass, Device } from "../../engine/mod.ts";
import { KernelRates } from "../../engine/testing/kernel_rates.ts";
import { measureKernels } from "../../engine/testing/measure_kernels.ts";
import { objectiveOf } from "../../train/autoencoder/autoencoder_objective.ts";
import { trainStepLayouts } from "../../train/train_step_graph.ts";
import type { AutoencoderConfig } from "../../nets/autoencoder_parameters.ts";
import { drawnSize } from "./run_decoding.ts";
import {
  isAutoencoderRun,
  type RunConfig,
  withBatch,
} from "../../train/config/autoencoder_run_config.ts";
import { inceptionLayout } from "../metrics/inception/inception_features.ts";

/** How fast an adapter runs the kernels of a run. */
export interface KernelSpeed {
  /** Those of the training step, which samplers share. */
  readonly step: KernelRates;
  /** Images of a step that were timed. */
  readonly images: number;
  /** Inception's; null where no FID is asked for. */
  readonly inception: KernelRates | null;
}

/** Operations of a step that is timed, at most where it has more than two images: a second or two. */
const MOST_FLOPS: Readonly<Record<AdapterClass, number>> = {
  software: 4e10,
  integrated: 1e12,
  discrete: 1e13,
};

/**
 * Times a training step, at its own batch size or, on an adapter that takes long for that, with fewer
 * images, and Inception where it is needed; compiling them takes longest.
 *
 * @param decoder decodes what a network of latents draws
 * @returns null where the device's memory does not suffice
 */
export async function kernelSpeed(
  device: Device,
  config: RunConfig,
  decoder: AutoencoderConfig | null = null,
): Promise<KernelSpeed | null> {
  const most = config.train.batch_size / config.train.micro_batches;
  const images = enoughImages(device, config, most);
  const step = await measureKernels(device, layouts(device, withImages(config, images)));
  const inception = !isAutoencoderRun(config) && config.eval.fid.n_samples > 0
    ? await inceptionSamples(device, drawnSize(config, decoder))
    : [];
  if (!step || !inception) return null;
  return {
    step: new KernelRates(step),
    images,
    inception: inception.length > 0 ? new KernelRates(inception) : null,
  };
}

/** As many images as `MOST_FLOPS` allow; two at least, since one fills tiles badly, `most` at most. */
function enoughImages(device: Device, config: RunConfig, most: number): number {
  const flops = layouts(device, withImages(config, 1))
    .flatMap(({ layout, runs }) => layout.dispatches.map((dispatch) => runs * dispatch.flops))
    .reduce((a, b) => a + b, 0);
  const images = Math.floor(MOST_FLOPS[device.capabilities.adapterClass] / flops);
  return Math.min(most, Math.max(2, images));
}

async function inceptionSamples(device: Device, image_size: number) {
  const size = { channels: 3, height: image_size, width: image_size };
  const layout = inceptionLayout(device.capabilities, size, 1);
  return await measureKernels(device, [{ layout, runs: 1 }]);
}

function layouts({ capabilities, tuning }: Device, config: RunConfig) {
  const options = { objective: objectiveOf(config), recordLength: 1, probes: false };
  return trainStepLayouts(capabilities, config, options, tuning?.choices).step;
}

/** The configuration with so many images in each micro-batch. */
function withImages(config: RunConfig, images: number): RunConfig {
  return withBatch(config, { batch_size: images * config.train.micro_batches });
}
