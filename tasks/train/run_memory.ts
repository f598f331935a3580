import { type Capabilities, type MemoryNeed, StateLayout } from "../../engine/mod.ts";
import { inceptionMemory } from "../../eval/inception_features.ts";
import { samplerMemory } from "../../eval/sampler_memory.ts";
import type { Config } from "../../train/config.ts";
import { type MemoryEstimate, memoryEstimate } from "../../train/memory_estimate.ts";
import { shapesOf } from "../../train/network_shapes.ts";
import { MAX_AHEAD } from "../../train/train_loop.ts";
import { inceptionBatch } from "../fid/inception_extract.ts";
import { type Drawing, fidSampler, finalDrawing, usualDrawing } from "./run_fid.ts";
import { gridSampler } from "./sample_grids.ts";

/** What a whole run needs of a device. */
export interface RunMemory {
  /** The training step, probes and all. */
  readonly step: MemoryEstimate;
  /** Bytes of it that are there for probes. */
  readonly probes_bytes: number;
  /** The sampler of grids, there from the first grid on. */
  readonly grid: MemoryNeed;
  /** What each checkpoint's FID takes beside all that; null where none is wanted. */
  readonly fid: MemoryNeed | null;
  /** The FID at the end, when the training step is freed; null where none is wanted. */
  readonly final_fid: MemoryNeed | null;
  /** Bytes that are there at the same time, at most. */
  readonly bytes: number;
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
  const grid = samplerMemory(capabilities, gridSampler(capabilities, config, ema));
  const wanted = config.eval.fid.n_samples > 0;
  const final = wanted ? finalDrawing(config) : null;
  const fid = wanted ? fidMemory(capabilities, config, usualDrawing(config)) : null;
  const final_fid = final && fidMemory(capabilities, config, final);
  const training = step.state_bytes + step.plan_bytes +
    Math.max(step.segment_bytes, fid?.bytes ?? 0);
  return {
    step,
    probes_bytes: step.plan_bytes - without.plan_bytes,
    grid,
    fid,
    final_fid,
    bytes: grid.bytes + Math.max(training, final_fid?.bytes ?? 0),
  };
}

/** An FID: the averaged weights once more, their sampler, and Inception. */
function fidMemory(capabilities: Capabilities, config: Config, drawing: Drawing): MemoryNeed {
  const { img_size } = config.nnet;
  const weights = new StateLayout(shapesOf(config), "nnet_ema");
  const sampler = samplerMemory(capabilities, fidSampler(capabilities, config, weights, drawing));
  const inception = inceptionMemory(
    capabilities,
    { channels: 3, height: img_size, width: img_size },
    { batch_size: inceptionBatch(drawing.n) },
  );
  const larger = sampler.largest.bytes > inception.largest.bytes ? sampler : inception;
  return {
    bytes: weights.bytes + sampler.bytes + inception.bytes,
    largest: larger.largest,
  };
}
