import type { Device } from "../../engine/mod.ts";
import { batches } from "../../train/data/batches.ts";
import type { Config } from "../../train/config/config.ts";
import { shapes } from "../../train/data/shapes.ts";
import { presets } from "../../train/config/presets.ts";
import { microBatches } from "../../train/data/micro_batches.ts";
import { TrainStep } from "../../train/train_step.ts";
import { median, pairedTimes } from "../../engine/testing/paired_times.ts";

/** How fast a whole training step is: noise, forward, backward, update and averages. */
export interface TrainingRow {
  readonly network: string;
  readonly batch: number;
  readonly parameters: number;
  /** Milliseconds of a step, the median of the rounds. */
  readonly ms: number;
  readonly images_per_s: number;
  readonly gflops: number;
  readonly dispatches: number;
  readonly submits: number;
  /** Megabytes of device memory, all states included. */
  readonly megabytes: number;
  readonly readyMs: number;
}

/** The paper's networks take seconds an image on a software adapter: a small batch says as much. */
const SMALL_BATCH = 2;

/**
 * Times both quickstarts' steps, and those of U-ViT-S/2 and the DDPM UNet on CIFAR-10, in f32 and
 * in mixed precision where the adapter has it; on a software adapter U-ViT's quickstart alone in
 * both.
 */
export async function trainingRows(
  device: Device,
  rounds: number,
  onStart: (network: string) => void,
): Promise<TrainingRow[]> {
  const { quickstart, quickstart_unet, cifar10, cifar10_unet } = presets;
  const software = device.capabilities.adapterClass === "software";
  const affordable = (config: Config): Config =>
    software ? { ...config, train: { ...config.train, batch_size: SMALL_BATCH } } : config;
  const both = ([network, config]: [string, Config], f16: boolean): [string, Config][] =>
    f16 ? [[network, config], [`${network}, fp16`, inF16(config)]] : [[network, config]];
  const { f16 } = device.capabilities;
  const networks = [
    ...both(["quickstart", quickstart], f16),
    ...both(["quickstart UNet", quickstart_unet], f16 && !software),
    ...both(["U-ViT-S/2", affordable(cifar10)], f16 && !software),
    ...both(["DDPM UNet", affordable(cifar10_unet)], f16 && !software),
  ];
  const rows: TrainingRow[] = [];
  for (const [network, config] of networks) {
    onStart(network);
    rows.push(await trainingRow(device, network, config, rounds));
  }
  return rows;
}

function inF16(config: Config): Config {
  return { ...config, train: { ...config.train, mixed_precision: "fp16" } };
}

async function trainingRow(
  device: Device,
  network: string,
  config: Config,
  rounds: number,
): Promise<TrainingRow> {
  const { batch_size } = config.train;
  const { img_size: image_size } = config.nnet;
  const start = performance.now();
  const before = device.bufferBytes;
  using step = await TrainStep.create(device, config, { recordLength: 64 });
  const data = batches(shapes({ image_size, n: 256, seed: 0 }), { seed: 0, random_flip: false });
  const inputs = microBatches(config, await data.at(0, batch_size), 0);
  step.run(0, inputs);
  await step.records();
  const readyMs = performance.now() - start;
  const [times] = await pairedTimes([async (n) => {
    for (let i = 0; i < n; i++) step.run(1 + i, inputs);
    await step.records();
  }], rounds);
  const ms = median(times);
  const flops = step.kernels.reduce((sum, { flops }) => sum + flops, 0);
  return {
    network,
    batch: batch_size,
    parameters: step.parameters,
    ms,
    images_per_s: 1000 * batch_size / ms,
    gflops: flops / ms / 1e6,
    ...step.launches,
    megabytes: (device.bufferBytes - before) / 1e6,
    readyMs,
  };
}
