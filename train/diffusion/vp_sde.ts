/**
 * The variance-preserving diffusion process (Song et al., "Score-Based Generative Modeling through
 * Stochastic Differential Equations", ICLR 2021, appendix B), `beta(t)` linear in t in [0, 1].
 *
 * @module
 */
import {
  add,
  affine,
  exp,
  mean,
  mul,
  reshape,
  sqrt,
  square,
  sub,
  type Tensor,
} from "../../engine/mod.ts";

/** `beta(0)`. */
export const BETA_MIN = 0.1;
/** `beta(1)`. */
export const BETA_MAX = 20;

/** Network timesteps are this many times the continuous time. */
export const TIMESTEP_SCALE = 999;

/** Rate of noise at time `t`. */
export function beta(t: number): number {
  return BETA_MIN + (BETA_MAX - BETA_MIN) * t;
}

/** Share of the image's variance left at time `t`: `exp(-integral of beta from 0 to t)`. */
export function alphaBar(t: number): number {
  return Math.exp(-(BETA_MIN * t + (BETA_MAX - BETA_MIN) * t * t / 2));
}

/** A diffused batch: what a training step gives to the loss. */
export interface DiffusedBatch {
  /** Images in [-1, 1], `[batch, channels, height, width]`. */
  readonly x0: Tensor;
  /** Times in [0, 1), `[batch]`. */
  readonly t: Tensor;
  /** Standard normal noise of the images' shape. */
  readonly noise: Tensor;
  /** Labels `[batch]`, i32, for a conditional network. */
  readonly y?: Tensor;
  /** What dropout is drawn from: u32 `[seed low, seed high, step, first sample]`; none without. */
  readonly key?: Tensor;
}

/** `x_t = sqrt(abar) x_0 + sqrt(1 - abar) noise`, abar by image. */
export function diffuse({ x0, t, noise }: DiffusedBatch): Tensor {
  // In Horner form: -(BETA_MIN t + (BETA_MAX - BETA_MIN) t^2 / 2).
  const abar = reshape(
    exp(mul(t, affine(t, -(BETA_MAX - BETA_MIN) / 2, -BETA_MIN))),
    [-1, 1, 1, 1],
  );
  return add(mul(sqrt(abar), x0), mul(sqrt(affine(abar, -1, 1)), noise));
}

/**
 * The noise prediction loss: mean over all elements of `(noise - predict(x_t, 999 t))^2`
 * (Ho et al., "Denoising Diffusion Probabilistic Models", NeurIPS 2020, equation 14).
 */
export function noisePredictionLoss(
  predict: (x: Tensor, timesteps: Tensor) => Tensor,
  batch: DiffusedBatch,
): Tensor {
  const prediction = predict(diffuse(batch), affine(batch.t, TIMESTEP_SCALE));
  return mean(square(sub(batch.noise, prediction)));
}
