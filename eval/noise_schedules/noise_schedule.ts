/**
 * How noise grows over time in a variance-preserving process: `x_t = alpha(t) x_0 + sigma(t) noise`
 * with `alpha^2 + sigma^2 = 1`. All in float64.
 */
export interface NoiseSchedule {
  /** Its name and numbers, for records: `vp_linear(0.1, 20)`. */
  readonly name: string;
  /** Earliest time that samplers end at where nothing else is said. */
  readonly t_min: number;
  /** Latest time: where pictures are drawn from pure noise. */
  readonly t_max: number;
  /** The natural logarithm of `alpha(t)`; `alpha(0) = 1`. */
  logAlpha(t: number): number;
  /** Rate of noise `-2 d log alpha / dt`, the square of the SDE's diffusion. */
  beta(t: number): number;
  /** The time at which half the log of the signal-to-noise ratio is `lambda`. */
  inverseLambda(lambda: number): number;
  /** What a network is told at time `t`. */
  timestep(t: number): number;
}

/** Share of the picture left at time `t`. */
export function alpha(schedule: NoiseSchedule, t: number): number {
  return Math.exp(schedule.logAlpha(t));
}

/** Standard deviation of the noise at time `t`. */
export function sigma(schedule: NoiseSchedule, t: number): number {
  return Math.sqrt(-Math.expm1(2 * schedule.logAlpha(t)));
}

/** `log(alpha / sigma)`, half the log of the signal-to-noise ratio; infinite at time 0. */
export function lambda(schedule: NoiseSchedule, t: number): number {
  const log_alpha = schedule.logAlpha(t);
  return log_alpha - Math.log(-Math.expm1(2 * log_alpha)) / 2;
}

/** `log alpha` where `log(alpha / sigma)` is `lambda`: `-log(1 + e^(-2 lambda)) / 2`. */
export function logAlphaAt(lambda: number): number {
  // e^(-2 lambda) overflows for very noisy pictures, where it dwarfs the 1.
  return lambda > -300 ? -Math.log1p(Math.exp(-2 * lambda)) / 2 : lambda;
}
