import type { z } from "zod";
import { affine, exp, mul, reshape, sqrt } from "../../engine/mod.ts";
import { type NoiseSchedule, noiseSchedule } from "./noise_schedule.ts";

/**
 * The numbers of {@linkcode vpLinear}.
 * @category Diffusion
 */
export interface VpLinearNumbers {
  /** Rate of noise at time 0. */
  beta_min: number;
  /** Rate of noise at time 1. */
  beta_max: number;
}

/** Those of the paper. */
export const VP_LINEAR: VpLinearNumbers = { beta_min: 0.1, beta_max: 20 };

/** The numbers of {@linkcode vpLinear} as settings, without their defaults. */
export function vpLinearFields(
  { number }: Pick<typeof z, "number">,
): { readonly [K in keyof VpLinearNumbers]: z.ZodType<number> } {
  return {
    beta_min: number().gt(0)
      .describe("schedule=vp_linear: rate of noise per unit of time at t = 0, above 0"),
    beta_max: number().gt(0)
      .describe(
        "schedule=vp_linear: rate of noise per unit of time at t = 1, above 0; 20 leaves noise alone there",
      ),
  };
}

/**
 * `beta(t)` linear in t in [0, 1] (Song et al., "Score-Based Generative Modeling through Stochastic
 * Differential Equations", ICLR 2021, equation 32):
 * `log alpha = -beta_min t / 2 - (beta_max - beta_min) t^2 / 4`. The network timestep is `999 t`, as
 * in the authors' code.
 * @category Diffusion
 */
export function vpLinear(
  { beta_min = VP_LINEAR.beta_min, beta_max = VP_LINEAR.beta_max }: Partial<VpLinearNumbers> = {},
): NoiseSchedule {
  const slope = beta_max - beta_min;
  return noiseSchedule({
    name: `vp_linear(${beta_min}, ${beta_max})`,
    t_min: 1e-4,
    t_max: 1,
    timestep_scale: 999,
    logAlpha: (t) => -(beta_min * t + slope * t * t / 2) / 2,
    beta: (t) => beta_min + slope * t,
    inverseLogAlpha(log_alpha) {
      // The root of the quadratic above, written so that no two near numbers are subtracted.
      const twice = -2 * log_alpha;
      return 2 * twice / (Math.sqrt(beta_min ** 2 + 2 * slope * twice) + beta_min);
    },
    factors(t) {
      // alpha^2 with its exponent in Horner form: -(beta_min t + (beta_max - beta_min) t^2 / 2).
      const squared = reshape(exp(mul(t, affine(t, -slope / 2, -beta_min))), [-1, 1, 1, 1]);
      return { alpha: sqrt(squared), sigma: sqrt(affine(squared, -1, 1)) };
    },
  });
}
