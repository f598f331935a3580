import type { Capabilities } from "../../../engine/mod.ts";
import { type PresetName, presets } from "../../../train/config/presets.ts";
import { trainStepLayouts } from "../../../train/train_step_graph.ts";
import { fitting } from "../fitting.ts";

/** The types that a step computes in. */
export const DTYPES = ["f32", "f16"] as const;

/** A type that a step computes in: f32, or f16 in mixed precision. */
export type StepDType = typeof DTYPES[number];

/** A kernel of a training step. */
export interface StepKernel {
  readonly label: string;
  /** Its WGSL. */
  readonly code: string;
  /** How often a step runs this text. */
  readonly runs: number;
  /** Floating-point operations of all those runs, in 10^9. */
  readonly gflop: number;
}

/**
 * The kernels of a preset's training step on an adapter that is not there, each text once, those
 * with most operations first. The variants are those that are taken untimed.
 */
export function stepKernels(
  capabilities: Capabilities,
  preset: PresetName,
  dtype: StepDType,
): StepKernel[] {
  const { train, ...rest } = presets[preset];
  const mixed_precision = dtype === "f16" ? "fp16" : "no";
  const config = fitting(capabilities, { ...rest, train: { ...train, mixed_precision } });
  const { step } = trainStepLayouts(capabilities, config, { recordLength: 1, probes: false });
  const kernels = new Map<string, StepKernel>();
  for (const { layout, runs } of step) {
    for (const { label, code, flops } of layout.dispatches) {
      const known = kernels.get(code) ?? { label, code, runs: 0, gflop: 0 };
      kernels.set(code, {
        ...known,
        runs: known.runs + runs,
        gflop: known.gflop + runs * flops / 1e9,
      });
    }
  }
  return [...kernels.values()].toSorted((a, b) => b.gflop - a.gflop);
}
