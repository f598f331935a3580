import type { AdapterClass, Device } from "../../engine/mod.ts";
import { type MeasuredKernels, measureKernels } from "../../engine/testing/measure_kernels.ts";
import { trainStepLayouts } from "../../train/train_step_graph.ts";
import type { Config } from "../../train/config/config.ts";
import { inceptionLayout } from "../metrics/inception/inception_features.ts";

/** How fast an adapter runs the kernels of a run. */
export interface KernelSpeed {
  /** Those of the training step, which samplers share. */
  readonly step: MeasuredKernels;
  /** Inception's; null where no FID is asked for. */
  readonly inception: MeasuredKernels | null;
}

/** Milliseconds that measuring the kernels of a network may take; one that was begun is ended. */
const BUDGET = 3000;
/**
 * Operations of a step's largest product, at most where it has several images: some 10 ms on each kind
 * of adapter, so many that it is busy, so few that measuring takes seconds.
 */
const LARGEST_FLOPS: Readonly<Record<AdapterClass, number>> = {
  software: 3e8,
  integrated: 5e9,
  discrete: 5e10,
};

/**
 * Times the kernels of a training step, those with the most work first: at its own batch size or, on
 * an adapter that takes long for that, with fewer images.
 */
export async function kernelSpeed(device: Device, config: Config): Promise<KernelSpeed> {
  const whole = layouts(device, config);
  const { batch_size, micro_batches } = config.train;
  const most = batch_size / micro_batches;
  const images = enoughImages(device, config, most);
  const sample = images === most ? whole : layouts(device, withImages(config, images));
  return {
    step: await measureKernels(device, sample, whole, BUDGET),
    inception: config.eval.fid.n_samples > 0 ? await inceptionSpeed(device, config) : null,
  };
}

/** As many images as the largest product has `LARGEST_FLOPS` for; one at least and `most` at most. */
function enoughImages(device: Device, config: Config, most: number): number {
  const dispatches = layouts(device, withImages(config, 1)).flatMap((p) => p.layout.dispatches);
  const largest = Math.max(...dispatches.map(({ flops }) => flops));
  const images = Math.floor(LARGEST_FLOPS[device.capabilities.adapterClass] / largest);
  return Math.max(1, Math.min(most, images));
}

async function inceptionSpeed(device: Device, { nnet }: Config): Promise<MeasuredKernels> {
  const size = { channels: 3, height: nnet.img_size, width: nnet.img_size };
  const layout = inceptionLayout(device.capabilities, size, 1);
  return await measureKernels(device, [{ layout, runs: 1 }], [{ layout, runs: 1 }], BUDGET);
}

function layouts({ capabilities, tuning }: Device, config: Config) {
  const options = { recordLength: 1, probes: false };
  return trainStepLayouts(capabilities, config, options, tuning?.choices).step;
}

/** The configuration with so many images in each micro-batch. */
function withImages({ train, ...rest }: Config, images: number): Config {
  return { ...rest, train: { ...train, batch_size: images * train.micro_batches } };
}
