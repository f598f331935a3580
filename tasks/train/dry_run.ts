import type { Capabilities } from "../../engine/mod.ts";
import type { Config } from "../../train/config.ts";
import { humanBytes } from "../../train/human_units.ts";
import { largestBatch, type MemoryEstimate, memoryEstimate } from "../../train/memory_estimate.ts";
import { MAX_AHEAD } from "../../train/train_loop.ts";
import { textTable } from "../text_table.ts";

/** A configuration that the adapter cannot run. */
export class TooLargeError extends Error {
  override readonly name: string = "TooLargeError";
}

/** What `--dry-run` prints: the network, a step's work and memory, and what the adapter allows. */
export function dryRunText(capabilities: Capabilities, config: Config): string {
  const estimate = memoryEstimate(capabilities, config, MAX_AHEAD);
  const { batch_size, micro_batches } = config.train;
  const { flops_per_picture: flops, state_bytes, plan_bytes, largest } = estimate;
  const parts = micro_batches === 1 ? "" : ` with ${micro_batches} micro-batches`;
  return textTable(["", ""], [
    ["parameters", estimate.parameters.toLocaleString("en")],
    [
      "a picture",
      `${humanFlops(flops)} for forward, backward and its share of the update`,
    ],
    [
      "a step",
      `${batch_size} pictures, ${humanFlops(flops * batch_size)}, ${estimate.kernels} kernels`,
    ],
    [
      "memory",
      `${humanBytes(state_bytes + plan_bytes)}: ${
        humanBytes(state_bytes)
      } for weights, averages and moments, ${humanBytes(plan_bytes)} for activations and gradients`,
    ],
    [
      "largest tensor",
      `${humanBytes(largest.bytes)} (${largest.label}); the adapter binds up to ${
        humanBytes(capabilities.maxBindingBytes)
      }`,
    ],
    ["largest batch", `${largestBatch(capabilities, config)}${parts}`],
    ["fits", estimate.fits ? "yes" : `no: ${remedy(capabilities, config)}`],
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
