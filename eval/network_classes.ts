import { conditioningOf } from "../nets/conditioning.ts";
import type { Config } from "../train/config/config.ts";

/** The number of classes that a network was trained on; 0 for one without labels. */
export function networkClasses({ nnet, train }: Pick<Config, "nnet" | "train">): number {
  const conditioning = conditioningOf(nnet);
  if (conditioning.kind !== "label") return 0;
  return train.p_uncond > 0 ? conditioning.labels - 1 : conditioning.labels;
}
