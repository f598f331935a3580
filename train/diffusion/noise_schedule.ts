import { affine, type Tensor } from "../../engine/mod.ts";

/**
 * Multiples of the image and of the noise in a diffused image, as graph, both `[n, 1, 1, 1]`.
 * @category Diffusion
 */
export interface DiffusionFactors {
  /** `alpha(t)`. */
  readonly alpha: Tensor;
  /** `sigma(t)`. */
  readonly sigma: Tensor;
}

/**
 * How noise grows over time in a variance-preserving process: `x_t = alpha(t) x_0 + sigma(t) noise`
 * with `alpha^2 + sigma^2 = 1`. Functions of a number are in float64, for samplers; functions of a
 * tensor build the graph of the same process, for training.
 * @category Diffusion
 */
export interface NoiseSchedule {
  /** Its name and numbers, for records: `vp_linear(0.1, 20)`. */
  readonly name: string;
  /** Earliest time that samplers end at unless another is given. */
  readonly t_min: number;
  /** Latest time: where images are drawn from pure noise. */
  readonly t_max: number;
  /** The network timestep is this many times `t`. */
  readonly timestep_scale: number;
  /** The natural logarithm of `alpha(t)`. */
  logAlpha(t: number): number;
  /** Fraction of the image's amplitude that is left; 1 at time 0. */
  alpha(t: number): number;
  /** Standard deviation of the noise. */
  sigma(t: number): number;
  /** `log(alpha / sigma)`, half the log of the signal-to-noise ratio; infinite at time 0. */
  lambda(t: number): number;
  /** The time at which `lambda(t)` is `lambda`. */
  inverseLambda(lambda: number): number;
  /** Rate of noise `-2 d log alpha / dt`, the square of the SDE's diffusion. */
  beta(t: number): number;
  /** The network timestep at time `t`, `timestep_scale * t`. */
  timestep(t: number): number;
  /** Training times `[n]` from uniform numbers in [0, 1), `[n]`; uniform on [0, `t_max`) or its steps. */
  times(uniform: Tensor): Tensor;
  /** `alpha(t)` and `sigma(t)` of times `[n]`. */
  factors(t: Tensor): DiffusionFactors;
}

/**
 * What sets one schedule apart from another; {@linkcode noiseSchedule} derives the rest.
 * @category Diffusion
 */
export interface ScheduleDefinition extends
  Pick<
    NoiseSchedule,
    "name" | "t_min" | "t_max" | "timestep_scale" | "logAlpha" | "beta" | "factors"
  > {
  /** The time at which `logAlpha(t)` is `log_alpha`. */
  inverseLogAlpha(log_alpha: number): number;
  /** As {@linkcode NoiseSchedule.times}; uniform on [0, `t_max`) by default. */
  times?(uniform: Tensor): Tensor;
}

/**
 * A schedule from its definition.
 * @category Diffusion
 */
export function noiseSchedule(definition: ScheduleDefinition): NoiseSchedule {
  const { logAlpha, inverseLogAlpha, ...rest } = definition;
  const { t_max, timestep_scale } = definition;
  const variance = (t: number) => -Math.expm1(2 * logAlpha(t));
  return {
    times: (uniform) => t_max === 1 ? uniform : affine(uniform, t_max),
    ...rest,
    logAlpha,
    alpha: (t) => Math.exp(logAlpha(t)),
    sigma: (t) => Math.sqrt(variance(t)),
    lambda: (t) => logAlpha(t) - Math.log(variance(t)) / 2,
    // e^(-2 lambda) overflows for images that are all noise, where it dwarfs the 1.
    inverseLambda: (lambda) =>
      inverseLogAlpha(lambda > -300 ? -Math.log1p(Math.exp(-2 * lambda)) / 2 : lambda),
    timestep: (t) => t * timestep_scale,
  };
}
