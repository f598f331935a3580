/**
 * The step that DPM-Solver and DPM-Solver++ share. In terms of `lambda = log(alpha / sigma)`, both
 * solve the linear part of the probability-flow ODE exactly and expand the network's prediction m in
 * powers of lambda (Lu et al., "DPM-Solver", NeurIPS 2022, equation 3.4; Lu et al., "DPM-Solver++",
 * 2022, equation 9). From time s to t, `h = lambda_t - lambda_s`, with m the noise and `z = h`, or m
 * the image and `z = -h`:
 *
 *     x_t = decay x_s - scale (phi1 m + phi2 h m' + phi3 h^2 m'' + ...)
 *     noise: decay = alpha_t / alpha_s, scale = sigma_t;  image: decay = sigma_t / sigma_s, scale = alpha_t
 *     phi1 = e^z - 1, phi2 = phi1 / z - 1, phi3 = phi2 / z - 1/2
 *
 * @module
 */
import type { NoiseSchedule } from "../../train/diffusion/noise_schedule.ts";
import type { Prediction } from "./program.ts";

/**
 * Coefficients of an exponential step; `-scale` is already in the phis.
 * @category Samplers
 */
export interface ExponentialStep {
  /** Of the noisy image. */
  readonly decay: number;
  /** Of the prediction m. */
  readonly phi1: number;
  /** Of `h m'`. */
  readonly phi2: number;
  /** Of `h^2 m''`. */
  readonly phi3: number;
}

/**
 * The step from time s to an earlier t for a network that predicts `prediction`.
 * @category Samplers
 */
export function exponentialStep(
  schedule: NoiseSchedule,
  prediction: Prediction,
  s: number,
  t: number,
): ExponentialStep {
  const h = schedule.lambda(t) - schedule.lambda(s);
  const noise = prediction === "noise";
  const z = noise ? h : -h;
  const phi1 = Math.expm1(z);
  const phi2 = phi1 / z - 1;
  const phi3 = phi2 / z - 0.5;
  const scale = noise ? schedule.sigma(t) : schedule.alpha(t);
  return {
    decay: noise
      ? Math.exp(schedule.logAlpha(t) - schedule.logAlpha(s))
      : schedule.sigma(t) / schedule.sigma(s),
    phi1: -scale * phi1,
    phi2: -scale * phi2,
    phi3: -scale * phi3,
  };
}
