import type { StateLayout, Tensor } from "../engine/mod.ts";
import { type Conditioning, conditioningOf } from "../nets/conditioning.ts";
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
  /** What it is conditioned on. */
  readonly conditioning: Conditioning;
  /**
   * Its prediction, as graph, in the shape of `x` `[n, C, H, W]`.
   *
   * @param timesteps `[n]`
   * @param condition of a conditional network: labels `[n]`, i32, tokens or ids
   */
  predict(x: Tensor, timesteps: Tensor, condition?: Tensor): Tensor;
}

/**
 * A configuration's network with weights from a state, or from a layout whose memory is computed.
 * @category Samplers
 */
export function trainedNetwork(
  weights: StateLayout,
  { nnet, process }: Pick<Config, "nnet" | "process">,
): Network {
  const forward = network(nnet, (name) => weights.tensor(name));
  return {
    predicts: process.target,
    conditioning: conditioningOf(nnet),
    predict: (x, timesteps, condition) => forward({ x, timesteps, condition }),
  };
}
