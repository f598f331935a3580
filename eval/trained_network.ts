import type { StateLayout, Tensor } from "../engine/mod.ts";
import { network, type NetworkConfig } from "../nets/network.ts";
import type { Prediction } from "./samplers/program.ts";

/** A network as samplers see it. */
export interface Network {
  /** What it predicts. */
  readonly predicts: Prediction;
  /** The label that stands for none; null for a network without labels. */
  readonly no_label: number | null;
  /**
   * Its prediction, as graph, of the shape of `x` `[n, C, H, W]`.
   *
   * @param timesteps `[n]`
   * @param labels `[n]`, i32, for a network with labels
   */
  predict(x: Tensor, timesteps: Tensor, labels?: Tensor): Tensor;
}

/** A network with weights from a state, or a layout to be measured; with labels, the last of them stands for none. */
export function trainedNetwork(weights: StateLayout, config: NetworkConfig): Network {
  const forward = network(config, (name) => weights.tensor(name));
  return {
    predicts: "noise",
    no_label: config.num_classes > 0 ? config.num_classes - 1 : null,
    predict: (x, timesteps, y) => forward({ x, timesteps, y }),
  };
}
