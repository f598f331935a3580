import { affine, mul, reshape, sin, sqrt } from "../../engine/mod.ts";
import { type NoiseSchedule, noiseSchedule } from "./noise_schedule.ts";

/** Keeps the rate of noise above 0 at the start. */
const S = 0.008;
const TURN = Math.PI / 2 / (1 + S);
const LOG_COS_0 = Math.log(Math.cos(S * TURN));

/**
 * `alpha^2 = f(t) / f(0)` with `f(t) = cos^2((t + s) / (1 + s) pi / 2)`, s = 0.008 (Nichol and
 * Dhariwal, "Improved Denoising Diffusion Probabilistic Models", ICML 2021, equation 17), in
 * continuous time. The rate of noise is infinite at 1, so both samplers and training stop short of
 * it, at 0.9946 as DPM-Solver does: samplers begin there, and training draws times uniformly on
 * [0, 0.9946). The network timestep is `999 t`.
 * @category Diffusion
 */
export function vpCosine(): NoiseSchedule {
  return noiseSchedule({
    name: "vp_cosine",
    t_min: 1e-4,
    t_max: 0.9946,
    timestep_scale: 999,
    logAlpha: (t) => Math.log(Math.cos((t + S) * TURN)) - LOG_COS_0,
    inverseLogAlpha: (log_alpha) => Math.acos(Math.exp(log_alpha + LOG_COS_0)) / TURN - S,
    beta: (t) => 2 * TURN * Math.tan((t + S) * TURN),
    factors(t) {
      const image = (x: typeof t) => reshape(x, [-1, 1, 1, 1]);
      const cos0 = Math.cos(S * TURN);
      // The cosine as a sine, which keeps its digits near 1; the difference of squared cosines that
      // sigma^2 is, as a product of sines, which keeps its digits near 0.
      const alpha = affine(sin(affine(affine(t, -1, 1), TURN)), 1 / cos0);
      const variance = mul(sin(affine(t, TURN)), sin(affine(t, TURN, 2 * S * TURN)));
      return { alpha: image(alpha), sigma: image(affine(sqrt(variance), 1 / cos0)) };
    },
  });
}
