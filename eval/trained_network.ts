import type { StateLayout, Tensor } from "../engine/mod.ts";
import { network } from "../nets/network.ts";
import type { Config } from "../train/config/config.ts";
import type { TargetName } from "../train/diffusion/targets.ts";

/**
 * A network as samplers call it.
 * @category Samplers
 */
export interface Network {
  /** What it predicts. */
  readonly predicts: TargetName;
  /** The label that stands for none; null for a network without labels. */
  readonly no_label: number | null;
  /**
   * Its prediction, as graph, in the shape of `x` `[n, C, H, W]`.
   *
   * @param timesteps `[n]`
   * @param labels `[n]`, i32, for a network with labels
   */
  predict(x: Tensor, timesteps: Tensor, labels?: Tensor): Tensor;
}

/**
 * A configuration's network with weights from a state, or from a layout whose memory is computed.
 * Where it has labels, the last of them stands for none.
 * @category Samplers
 */
export function trainedNetwork(
  weights: StateLayout,
  { nnet, process }: Pick<Config, "nnet" | "process">,
): Network {
  const forward = network(nnet, (name) => weights.tensor(name));
  return {
    predicts: process.target,
    no_label: nnet.num_classes > 0 ? nnet.num_classes - 1 : null,
    predict: (x, timesteps, y) => forward({ x, timesteps, y }),
  };
}
