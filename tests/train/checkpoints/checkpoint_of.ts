import type { Checkpoint, Values } from "../../../train/checkpoints/checkpoint.ts";
import { presets } from "../../../train/config/presets.ts";

/** A checkpoint whose every number follows from its step. */
export function checkpointOf(step: number): Checkpoint {
  const values = (offset: number): Values => ({
    "pos_embed": { shape: [1, 50, 400], data: new Float32Array(20_000).fill(step + offset) },
    "blocks.0.bias": { shape: [3], data: Float32Array.of(step, offset, -0.1) },
    "scalar": { shape: [], data: Float32Array.of(offset) },
  });
  return {
    step,
    config: presets.quickstart,
    nnet: values(0.25),
    nnet_ema: values(0.5),
    exp_avg: values(0.75),
    exp_avg_sq: values(0.875),
  };
}
