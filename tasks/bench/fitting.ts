import type { Capabilities } from "../../engine/mod.ts";
import type { Config } from "../../train/config/config.ts";
import { memoryEstimate } from "../../train/memory_estimate.ts";

/** A configuration in as few micro-batches as the adapter holds. */
export function fitting(capabilities: Capabilities, { train, ...rest }: Config): Config {
  const { batch_size } = train;
  for (let micro_batches = 1; micro_batches < batch_size; micro_batches *= 2) {
    const config = { ...rest, train: { ...train, micro_batches } };
    if (memoryEstimate(capabilities, config, 1).fits) return config;
  }
  return { ...rest, train: { ...train, micro_batches: batch_size } };
}
