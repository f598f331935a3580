import { type Capabilities, type MemoryNeed, StateLayout } from "../../engine/mod.ts";
import type { DeviceMachineOptions } from "../execution/machine_options.ts";
import {
  FEATURES,
  inceptionBatchSize,
  inceptionMemory,
} from "../metrics/inception/inception_features.ts";
import { samplerMemory } from "../execution/sampler_memory.ts";
import type { Config } from "../../train/config/config.ts";
import { type MemoryEstimate, memoryEstimate } from "../../train/memory_estimate.ts";
import { shapesOf } from "../../train/checkpoints/network_shapes.ts";
import { MAX_AHEAD } from "../../train/read_ahead.ts";
import { inceptionBatch } from "../metrics/inception/inception_extract.ts";
import { type FidDrawing, fidSampler, finalDrawing, usualDrawing } from "./fid_drawing.ts";
import { gridSampler } from "./sample_grids.ts";

/** What a whole run needs of a device. */
export interface RunMemory {
  /** The training step, probes and all. */
  readonly step: MemoryEstimate;
  /** Bytes of it that are there for probes. */
  readonly probes_bytes: number;
  /** The sampler of grids, there from the first grid on; null where none are drawn. */
  readonly grid: MemoryNeed | null;
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
 * @throws {UsageError} where a sampler cannot take so many steps
 */
export function runMemory(
  capabilities: Capabilities,
  config: Config,
  probes: boolean,
): RunMemory {
  const step = memoryEstimate(capabilities, config, MAX_AHEAD, probes);
  const without = probes ? memoryEstimate(capabilities, config, MAX_AHEAD) : step;
  const ema = new StateLayout(shapesOf(config), "nnet_ema");
  const images = config.sample.n_samples > 0 ? gridSampler(capabilities, config, ema) : null;
  const grid = images && samplerMemory(capabilities, images);
  const grid_bytes = grid?.bytes ?? 0;
  const { n_samples, stats } = config.eval.fid;
  const isScored = n_samples > 0;
  const final = isScored ? finalDrawing(config) : null;
  const data = isScored && stats === null ? measuringMemory(capabilities, config, Infinity) : null;
  const fid = isScored ? fidMemory(capabilities, config, usualDrawing(config)) : null;
  const final_fid = final && fidMemory(capabilities, config, final);
  const transient = Math.max(step.read_bytes, images ? imageBytes(images) : 0, fid?.bytes ?? 0);
  return {
    step,
    probes_bytes: step.plan_bytes - without.plan_bytes,
    grid,
    data,
    fid,
    final_fid,
    bytes: Math.max(
      data?.bytes ?? 0,
      step.state_bytes + step.plan_bytes + grid_bytes + transient,
      grid_bytes + (final_fid?.bytes ?? 0),
    ),
    largest: largest([step, grid, data, fid, final_fid]),
  };
}

/** An FID: the averaged weights once more, their sampler, Inception, and what is read of either. */
function fidMemory(capabilities: Capabilities, config: Config, drawing: FidDrawing): MemoryNeed {
  const weights = new StateLayout(shapesOf(config), "nnet_ema");
  const images = fidSampler(capabilities, config, weights, drawing);
  const sampler = samplerMemory(capabilities, images);
  const measuring = measuringMemory(capabilities, config, drawing.n);
  const more = Math.max(0, imageBytes(images) - featureBytes(capabilities, drawing.n));
  return {
    bytes: weights.bytes + sampler.bytes + measuring.bytes + more,
    largest: largest([sampler, measuring]),
  };
}

/** Inception for `most` images of the configuration's size, and the features that are read. */
function measuringMemory(capabilities: Capabilities, config: Config, most: number): MemoryNeed {
  const { img_size } = config.nnet;
  const size = { channels: 3, height: img_size, width: img_size };
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
