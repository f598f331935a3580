import { type Conditioning, conditioningOf } from "../../../nets/conditioning.ts";
import type { Config } from "../../config/config.ts";

/**
 * What a run's network is conditioned on, as its batches give it: in mixed precision encoded captions
 * are in f16, as the network takes them.
 */
export function batchConditioning({ nnet, train }: Pick<Config, "nnet" | "train">): Conditioning {
  const conditioning = conditioningOf(nnet);
  const packed = train.mixed_precision === "fp16";
  return conditioning.kind === "tokens" ? { ...conditioning, packed } : conditioning;
}
