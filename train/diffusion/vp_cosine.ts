import { TIMESTEP_SCALE } from "./vp_sde.ts";
import { type NoiseSchedule, noiseSchedule } from "./noise_schedule.ts";

/** Keeps the rate of noise above 0 at the start. */
const S = 0.008;
const TURN = Math.PI / 2 / (1 + S);
const LOG_COS_0 = Math.log(Math.cos(S * TURN));

/**
 * `alpha^2 = f(t) / f(0)` with `f(t) = cos^2((t + s) / (1 + s) pi / 2)`, s = 0.008 (Nichol and
 * Dhariwal, "Improved Denoising Diffusion Probabilistic Models", ICML 2021, equation 17), in
 * continuous time. Samplers begin at 0.9946, as DPM-Solver does: the rate of noise is infinite at 1.
 */
export function vpCosine(): NoiseSchedule {
  return noiseSchedule({
    name: "vp_cosine",
    t_min: 1e-4,
    t_max: 0.9946,
    logAlpha: (t) => Math.log(Math.cos((t + S) * TURN)) - LOG_COS_0,
    inverseLogAlpha: (log_alpha) => Math.acos(Math.exp(log_alpha + LOG_COS_0)) / TURN - S,
    beta: (t) => 2 * TURN * Math.tan((t + S) * TURN),
    timestep: (t) => t * TIMESTEP_SCALE,
  });
}
