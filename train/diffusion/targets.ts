import { mul, sub, type Tensor } from "../../engine/mod.ts";
import type { DiffusionFactors } from "./noise_schedule.ts";

/**
 * Multiples of a diffused image `x` and of a network's prediction that add up to another quantity.
 * @category Diffusion
 */
export interface Conversion {
  /** Multiple of the diffused image. */
  readonly x: number;
  /** Multiple of the prediction. */
  readonly model: number;
}

/**
 * What a diffused image `alpha x_0 + sigma noise` was made from, as graph.
 * @category Diffusion
 */
export interface DiffusedParts extends DiffusionFactors {
  /** Images `[n, C, H, W]`. */
  readonly x0: Tensor;
  /** Standard normal noise of the images' shape. */
  readonly noise: Tensor;
}

/**
 * A row of {@linkcode TARGETS}.
 * @category Diffusion
 */
export interface Target {
  /** What the network learns to predict, as graph of the images' shape. */
  of(parts: DiffusedParts): Tensor;
  /** The image from the prediction, at a time with these `alpha` and `sigma`. */
  toData(alpha: number, sigma: number): Conversion;
  /** The noise from the prediction, at a time with these `alpha` and `sigma`. */
  toNoise(alpha: number, sigma: number): Conversion;
}

/**
 * A name that `--process.target` takes.
 * @category Diffusion
 */
export type TargetName = "noise" | "data" | "velocity";

const ITSELF: Conversion = { x: 0, model: 1 };

/**
 * What a network can predict, by name: the noise (Ho et al., "Denoising Diffusion Probabilistic
 * Models", NeurIPS 2020, equation 14), the image itself, or the velocity `alpha noise - sigma x_0`
 * (Salimans and Ho, "Progressive Distillation for Fast Sampling of Diffusion Models", ICLR 2022,
 * appendix D), whose conversions divide by nothing.
 * @category Diffusion
 */
export const TARGETS: Readonly<Record<TargetName, Target>> = {
  noise: {
    of: ({ noise }) => noise,
    toData: (alpha, sigma) => ({ x: 1 / alpha, model: -sigma / alpha }),
    toNoise: () => ITSELF,
  },
  data: {
    of: ({ x0 }) => x0,
    toData: () => ITSELF,
    toNoise: (alpha, sigma) => ({ x: 1 / sigma, model: -alpha / sigma }),
  },
  velocity: {
    of: ({ x0, noise, alpha, sigma }) => sub(mul(alpha, noise), mul(sigma, x0)),
    toData: (alpha, sigma) => ({ x: alpha, model: -sigma }),
    toNoise: (alpha, sigma) => ({ x: sigma, model: alpha }),
  },
};
