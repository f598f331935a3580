import {
  add,
  affine,
  concat,
  type HostArray,
  input,
  type Shape,
  slice,
  type State,
  type Tensor,
} from "../engine/mod.ts";
import { uvit, type UVitConfig, uvitParameters } from "../nets/uvit.ts";
import type { NoiseModel } from "./sampler.ts";

/** A noise model and the inputs it adds to the graph. */
export interface GuidedNoiseModel {
  readonly predict: NoiseModel;
  /** The model's inputs for the labels of a batch (none for an unconditional model). */
  inputs(labels?: Int32Array): Record<string, HostArray>;
}

/**
 * U-ViT as a noise model, with weights from a state. A conditional one is guided without a
 * classifier where `scale > 0`: `cond + scale (cond - uncond)` (Ho and Salimans, "Classifier-free
 * diffusion guidance", 2022), in one call of the network on both; the last label is "no label".
 */
export function uvitNoiseModel(
  weights: State,
  config: UVitConfig,
  scale: number,
): GuidedNoiseModel {
  const params = uvitParameters(config, (name) => weights.tensor(name));
  const conditional = config.num_classes > 0;
  const guided = conditional && scale > 0;
  return {
    predict(x: Tensor, timesteps: Tensor): Tensor {
      const n = x.shape[0];
      const labels = (shape: Shape) => conditional ? input("labels", shape, "i32") : undefined;
      if (!guided) return uvit(params, { x, timesteps, y: labels([n]) }, config);
      const twice = (t: Tensor) => concat([t, t], 0);
      const inputs = { x: twice(x), timesteps: twice(timesteps), y: labels([2 * n]) };
      const both = uvit(params, inputs, config);
      const [cond, uncond] = [slice(both, 0, 0, n), slice(both, 0, n, 2 * n)];
      return add(affine(cond, 1 + scale), affine(uncond, -scale));
    },
    inputs(labels?: Int32Array): Record<string, HostArray> {
      if (!conditional) return {};
      const given = labels ?? new Int32Array();
      if (!guided) return { labels: given };
      const both = new Int32Array(2 * given.length).fill(config.num_classes - 1);
      both.set(given);
      return { labels: both };
    },
  };
}
