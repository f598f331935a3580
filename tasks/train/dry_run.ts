import type { Capabilities } from "../../engine/mod.ts";
import type { Config } from "../../train/config.ts";
import { humanBytes } from "../../train/human_units.ts";
import { largestBatch, type MemoryEstimate, memoryEstimate } from "../../train/memory_estimate.ts";
import { MAX_AHEAD } from "../../train/train_loop.ts";
import { textTable } from "../text_table.ts";
import { runMemory } from "./run_memory.ts";

/** A configuration that the adapter cannot run. */
export class TooLargeError extends Error {
  override readonly name: string = "TooLargeError";
}

/** What `--dry-run` prints: the network, a step's work, the run's memory, what the adapter allows. */
export function dryRunText(capabilities: Capabilities, config: Config, probes: boolean): string {
  const { step, probes_bytes, grid, fid, final_fid, bytes } = runMemory(
    capabilities,
    config,
    probes,
  );
  const { batch_size, micro_batches } = config.train;
  const { flops_per_picture: flops, state_bytes, plan_bytes, largest } = step;
  const parts = micro_batches === 1 ? "" : ` with ${micro_batches} micro-batches`;
  return textTable(["", ""], [
    ["parameters", step.parameters.toLocaleString("en")],
    [
      "a picture",
      `${humanFlops(flops)} for forward, backward and its share of the update`,
    ],
    [
      "a step",
      `${batch_size} pictures, ${humanFlops(flops * batch_size)}, ${step.kernels} kernels`,
    ],
    ["memory", `${humanBytes(bytes)} on the adapter at most, which are`],
    ["  weights", `${humanBytes(state_bytes)}, with averages and moments`],
    ["  step", `${humanBytes(plan_bytes - probes_bytes)} of activations and gradients`],
    ...probes ? [["  probes", `${humanBytes(probes_bytes)} more for --probe`]] : [],
    ["  sample grid", `${humanBytes(grid.bytes)} for its sampler, from the first grid to the end`],
    fid
      ? [
        "  FID",
        `${humanBytes(fid.bytes)} at each checkpoint: Inception, a sampler and its weights`,
      ]
      : ["  checkpoint", `${humanBytes(step.segment_bytes)} while it is read back`],
    ...final_fid
      ? [["final FID", `${humanBytes(final_fid.bytes)}, when weights and step are freed: no more`]]
      : [],
    [
      "largest tensor",
      `${humanBytes(largest.bytes)} (${largest.label}); the adapter binds up to ${
        humanBytes(capabilities.maxBindingBytes)
      }`,
    ],
    ["largest batch", `${largestBatch(capabilities, config)}${parts}`],
    ["fits", step.fits ? "yes" : `no: ${remedy(capabilities, config)}`],
  ], 2).trim();
}

/** @throws {TooLargeError} where a tensor of the step is beyond the adapter, saying what to do */
export function mustFit(capabilities: Capabilities, config: Config): void {
  const estimate = memoryEstimate(capabilities, config, MAX_AHEAD);
  if (!estimate.fits) throw new TooLargeError(misfit(capabilities, config, estimate));
}

function misfit(capabilities: Capabilities, config: Config, { largest }: MemoryEstimate): string {
  return `a batch of ${config.train.batch_size} needs a tensor of ${humanBytes(largest.bytes)} ` +
    `(${largest.label}), the adapter binds up to ${humanBytes(capabilities.maxBindingBytes)}: ` +
    remedy(capabilities, config);
}

function humanFlops(flops: number): string {
  const [value, unit] = flops < 1e12 ? [flops / 1e9, "GFLOP"] : [flops / 1e12, "TFLOP"];
  return `${value.toPrecision(3)} ${unit}`;
}

/** The fewest micro-batches that fit, or that none do. */
function remedy(capabilities: Capabilities, { train, ...rest }: Config): string {
  for (let micro_batches = 2; micro_batches <= train.batch_size; micro_batches++) {
    if (train.batch_size % micro_batches !== 0) continue;
    const config = { ...rest, train: { ...train, micro_batches } };
    if (memoryEstimate(capabilities, config, 1).fits) {
      return `use --micro_batches=${micro_batches}, or a smaller --batch_size`;
    }
  }
  return "not even one picture at a time fits; use a smaller network or a larger patch";
}
