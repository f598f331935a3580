import { type Capabilities, type MemoryNeed, StateLayout } from "../../engine/mod.ts";
import type { AutoencoderConfig } from "../../nets/autoencoder_parameters.ts";
import type { DeviceMachineOptions } from "../execution/machine_options.ts";
import {
  FEATURES,
  inceptionBatchSize,
  inceptionMemory,
} from "../metrics/inception/inception_features.ts";
import type { ImageNetworkNeed } from "../latents/image_network.ts";
import { samplerMemory } from "../execution/sampler_memory.ts";
import {
  type AutoencoderRunConfig,
  isAutoencoderRun,
  type RunConfig,
} from "../../train/config/autoencoder_run_config.ts";
import type { Config } from "../../train/config/config.ts";
import { type MemoryEstimate, memoryEstimate } from "../../train/memory_estimate.ts";
import { shapesOf } from "../../train/checkpoints/network_shapes.ts";
import { MAX_AHEAD } from "../../train/read_ahead.ts";
import { inceptionBatch } from "../metrics/inception/inception_extract.ts";
import { type FidDrawing, fidSampler, finalDrawing, usualDrawing } from "./fid_drawing.ts";
import { decodingMemory, drawnSize } from "./run_decoding.ts";
import { reconstructionMemory } from "./reconstructions.ts";
import { gridSampler } from "./sample_grids.ts";

/** What a whole run needs of a device. */
export interface RunMemory {
  /** The training step, probes and all. */
  readonly step: MemoryEstimate;
  /** Bytes of it that are there for probes. */
  readonly probes_bytes: number;
  /** The sampler of grids, there from the first grid on; null where none are drawn. */
  readonly grid: MemoryNeed | null;
  /** Decoding a grid of latents, on top of both; null where nothing is decoded. */
  readonly decoding: ImageNetworkNeed | null;
  /** Measuring the data for FID, before all that; null without FID or where statistics are given. */
  readonly data: MemoryNeed | null;
  /** What each checkpoint's FID takes on top of all that; null without FID. */
  readonly fid: MemoryNeed | null;
  /** The FID at the end, when the training step is freed; null where none is asked for. */
  readonly final_fid: MemoryNeed | null;
  /** Bytes that are there at the same time, at most; scratch of timing kernels is not counted. */
  readonly bytes: number;
  /** The largest tensor that a kernel binds in all this, and the kernel. */
  readonly largest: MemoryNeed["largest"];
}

/**
 * Plans all that `deno task train` makes on the device, and adds up what is there at the same time.
 *
 * @param decoder decodes what a network of latents draws; null for one of images
 * @throws {UsageError} where a sampler cannot take so many steps
 */
export function runMemory(
  capabilities: Capabilities,
  config: RunConfig,
  probes: boolean,
  decoder: AutoencoderConfig | null = null,
): RunMemory {
  if (isAutoencoderRun(config)) return autoencoderMemory(capabilities, config);
  const step = memoryEstimate(capabilities, config, MAX_AHEAD, probes);
  const without = probes ? memoryEstimate(capabilities, config, MAX_AHEAD) : step;
  const ema = new StateLayout(shapesOf(config), "nnet_ema");
  const images = config.sample.n_samples > 0 ? gridSampler(capabilities, config, ema) : null;
  const grid = images && samplerMemory(capabilities, images);
  const grid_bytes = grid?.bytes ?? 0;
  const decoding = decoder && images &&
    decodingMemory(capabilities, config, decoder, config.sample.n_samples);
  const { n_samples, stats } = config.eval.fid;
  const isScored = n_samples > 0;
  const final = isScored ? finalDrawing(config) : null;
  const data = isScored && stats === null
    ? measuringMemory(capabilities, drawnSize(config, decoder), Infinity)
    : null;
  const fid = isScored ? fidMemory(capabilities, config, usualDrawing(config), decoder) : null;
  const final_fid = final && fidMemory(capabilities, config, final, decoder);
  const transient = Math.max(
    step.read_bytes,
    images ? imageBytes(images) : 0,
    decoding?.bytes ?? 0,
    fid?.bytes ?? 0,
  );
  return {
    step,
    probes_bytes: step.plan_bytes - without.plan_bytes,
    grid,
    decoding,
    data,
    fid,
    final_fid,
    bytes: Math.max(
      data?.bytes ?? 0,
      step.state_bytes + step.plan_bytes + grid_bytes + transient,
      grid_bytes + (final_fid?.bytes ?? 0),
    ),
    largest: largest([step, grid, decoding, data, fid, final_fid]),
  };
}

/** Of an autoencoder: the step, and what makes its grids and measures its latents. */
function autoencoderMemory(
  capabilities: Capabilities,
  config: AutoencoderRunConfig,
): RunMemory {
  const step = memoryEstimate(capabilities, config, MAX_AHEAD);
  const grid = reconstructionMemory(capabilities, config);
  return {
    step,
    probes_bytes: 0,
    grid,
    ...{ decoding: null, data: null, fid: null, final_fid: null },
    bytes: step.state_bytes + step.plan_bytes + Math.max(step.read_bytes, grid.bytes),
    largest: largest([step, grid]),
  };
}

/**
 * An FID: the averaged weights once more, their sampler, then what decodes latents in their place;
 * Inception, and what is read of either.
 */
function fidMemory(
  capabilities: Capabilities,
  config: Config,
  drawing: FidDrawing,
  decoder: AutoencoderConfig | null,
): MemoryNeed {
  const weights = new StateLayout(shapesOf(config), "nnet_ema");
  const images = fidSampler(capabilities, config, weights, drawing);
  const sampler = samplerMemory(capabilities, images);
  const measuring = measuringMemory(capabilities, drawnSize(config, decoder), drawing.n);
  const features = featureBytes(capabilities, drawing.n);
  const [batch] = images.shape;
  const decoding = decoder && decodingMemory(capabilities, config, decoder, batch);
  const drawn = weights.bytes + sampler.bytes + Math.max(0, imageBytes(images) - features);
  return {
    bytes: measuring.bytes + Math.max(drawn, decoding?.bytes ?? 0),
    largest: largest([sampler, decoding, measuring]),
  };
}

/** Inception for `most` images of a height and width, and the features that are read. */
function measuringMemory(
  capabilities: Capabilities,
  image_size: number,
  most: number,
): MemoryNeed {
  const size = { channels: 3, height: image_size, width: image_size };
  const inception = inceptionMemory(capabilities, size, { batch_size: inceptionBatch(most) });
  return { ...inception, bytes: inception.bytes + featureBytes(capabilities, most) };
}

/** Bytes of the features that are read at once. */
function featureBytes(capabilities: Capabilities, most: number): number {
  return inceptionBatchSize(capabilities, inceptionBatch(most)) * FEATURES * 4;
}

/** Bytes of the images that are read at once. */
function imageBytes({ shape }: DeviceMachineOptions): number {
  return new StateLayout({ x: shape }, "x").bytes;
}

function largest(needs: readonly (Pick<MemoryNeed, "largest"> | null)[]): MemoryNeed["largest"] {
  return needs.map((need) => need?.largest ?? { label: "", bytes: 0 })
    .reduce((a, b) => b.bytes > a.bytes ? b : a);
}
