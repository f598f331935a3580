import { BETA_MAX, BETA_MIN, TIMESTEP_SCALE } from "./vp_sde.ts";
import { type NoiseSchedule, noiseSchedule } from "./noise_schedule.ts";

/**
 * `beta(t)` linear in t in [0, 1] (Song et al., "Score-Based Generative Modeling through Stochastic
 * Differential Equations", ICLR 2021, equation 32), the process that networks are trained with here:
 * `log alpha = -beta_min t / 2 - (beta_max - beta_min) t^2 / 4`.
 */
export function vpLinear(
  { beta_min = BETA_MIN, beta_max = BETA_MAX }: { beta_min?: number; beta_max?: number } = {},
): NoiseSchedule {
  const slope = beta_max - beta_min;
  return noiseSchedule({
    name: `vp_linear(${beta_min}, ${beta_max})`,
    t_min: 1e-4,
    t_max: 1,
    logAlpha: (t) => -(beta_min * t + slope * t * t / 2) / 2,
    beta: (t) => beta_min + slope * t,
    inverseLogAlpha(log_alpha) {
      // The root of the quadratic above, written so that no two near numbers are subtracted.
      const twice = -2 * log_alpha;
      return 2 * twice / (Math.sqrt(beta_min ** 2 + 2 * slope * twice) + beta_min);
    },
    timestep: (t) => t * TIMESTEP_SCALE,
  });
}
