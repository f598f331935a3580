import type { Config } from "../train/config/config.ts";

/** The number of classes that a network was trained on; 0 for an unconditional one. */
export function networkClasses({ nnet, train }: Pick<Config, "nnet" | "train">): number {
  if (nnet.num_classes === -1) return 0;
  return train.p_uncond > 0 ? nnet.num_classes - 1 : nnet.num_classes;
}
