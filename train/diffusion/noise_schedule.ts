/**
 * How noise grows over time in a variance-preserving process: `x_t = alpha(t) x_0 + sigma(t) noise`
 * with `alpha^2 + sigma^2 = 1`. All in float64.
 */
export interface NoiseSchedule {
  /** Its name and numbers, for records: `vp_linear(0.1, 20)`. */
  readonly name: string;
  /** Earliest time that samplers end at where nothing else is said. */
  readonly t_min: number;
  /** Latest time: where images are drawn from pure noise. */
  readonly t_max: number;
  /** The natural logarithm of `alpha(t)`. */
  logAlpha(t: number): number;
  /** Share of the image that is left; 1 at time 0. */
  alpha(t: number): number;
  /** Standard deviation of the noise. */
  sigma(t: number): number;
  /** `log(alpha / sigma)`, half the log of the signal-to-noise ratio; infinite at time 0. */
  lambda(t: number): number;
  /** The time at which `lambda(t)` is `lambda`. */
  inverseLambda(lambda: number): number;
  /** Rate of noise `-2 d log alpha / dt`, the square of the SDE's diffusion. */
  beta(t: number): number;
  /** What a network is told at time `t`. */
  timestep(t: number): number;
}

/** What tells one schedule from another; {@linkcode noiseSchedule} works the rest out. */
export interface ScheduleDefinition
  extends Pick<NoiseSchedule, "name" | "t_min" | "t_max" | "logAlpha" | "beta" | "timestep"> {
  /** The time at which `logAlpha(t)` is `log_alpha`. */
  inverseLogAlpha(log_alpha: number): number;
}

/** A schedule from its definition. */
export function noiseSchedule(definition: ScheduleDefinition): NoiseSchedule {
  const { logAlpha, inverseLogAlpha, ...rest } = definition;
  const variance = (t: number) => -Math.expm1(2 * logAlpha(t));
  return {
    ...rest,
    logAlpha,
    alpha: (t) => Math.exp(logAlpha(t)),
    sigma: (t) => Math.sqrt(variance(t)),
    lambda: (t) => logAlpha(t) - Math.log(variance(t)) / 2,
    // e^(-2 lambda) overflows for images that are all noise, where it dwarfs the 1.
    inverseLambda: (lambda) =>
      inverseLogAlpha(lambda > -300 ? -Math.log1p(Math.exp(-2 * lambda)) / 2 : lambda),
  };
}
