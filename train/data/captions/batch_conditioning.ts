import type { Conditioning } from "../../../nets/conditioning.ts";
import {
  conditioningOfRun,
  precisionOf,
  type RunConfig,
} from "../../config/autoencoder_run_config.ts";

/**
 * What a run's network is conditioned on, as its batches give it: in mixed precision encoded captions
 * are in f16, as the network takes them.
 */
export function batchConditioning(config: RunConfig): Conditioning {
  const conditioning = conditioningOfRun(config);
  const packed = precisionOf(config) === "fp16";
  return conditioning.kind === "tokens" ? { ...conditioning, packed } : conditioning;
}
