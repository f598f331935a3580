import { TIMESTEP_SCALE } from "../../train/vp_sde.ts";
import { logAlphaAt, type NoiseSchedule } from "./noise_schedule.ts";

/** Rate of noise at which the process is cut off: it has none at time 1. */
const BETA_CUT = 999;

/**
 * `alpha^2 = f(t) / f(0)` with `f(t) = cos^2((t + s) / (1 + s) pi / 2)` (Nichol and Dhariwal,
 * "Improved Denoising Diffusion Probabilistic Models", ICML 2021, equation 17), in continuous time.
 * It ends a little before time 1, where its rate of noise is 999 (t_max = 0.9946 for s = 0.008).
 */
export function vpCosine({ s = 0.008 }: { s?: number } = {}): NoiseSchedule {
  const turn = Math.PI / 2 / (1 + s);
  const log_cos_0 = Math.log(Math.cos(s * turn));
  return {
    name: `vp_cosine(${s})`,
    t_min: 1e-4,
    t_max: Math.atan(BETA_CUT / (2 * turn)) / turn - s,
    logAlpha: (t) => Math.log(Math.cos((t + s) * turn)) - log_cos_0,
    beta: (t) => 2 * turn * Math.tan((t + s) * turn),
    inverseLambda: (lambda) => Math.acos(Math.exp(logAlphaAt(lambda) + log_cos_0)) / turn - s,
    timestep: (t) => t * TIMESTEP_SCALE,
  };
}
