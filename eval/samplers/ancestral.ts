import type { NoiseSchedule } from "../../train/diffusion/noise_schedule.ts";
import { timeGridToZero } from "../time_grid.ts";
import { intervalsOf, programMethod, type SamplerProgram } from "./program.ts";
import type { SamplerEntry } from "./sampler_entry.ts";

/**
 * Ancestral sampling (Ho et al., "Denoising Diffusion Probabilistic Models", NeurIPS 2020, equations
 * 6 and 7): from time s to an earlier t an image is drawn from `q(x_t | x_s, x_0 = D)`, D being the
 * predicted image. With `a = alpha_s / alpha_t` and `v = sigma_s^2 - a^2 sigma_t^2`, the variance
 * that noise gains from t to s:
 *
 *     x_t = a sigma_t^2 / sigma_s^2 x_s + alpha_t v / sigma_s^2 D + sqrt(v) sigma_t / sigma_s noise
 *
 * One network evaluation per interval. A grid may end at time 0, where `x = D`.
 * @category Samplers
 */
export function ancestral(schedule: NoiseSchedule, grid: readonly number[]): SamplerProgram {
  const steps = intervalsOf(grid).map(({ s, t }) => {
    const a = Math.exp(schedule.logAlpha(s) - schedule.logAlpha(t));
    const [sigma_s, sigma_t] = [schedule.sigma(s), schedule.sigma(t)];
    const v = sigma_s ** 2 - (a * sigma_t) ** 2;
    const x = {
      x: a * (sigma_t / sigma_s) ** 2,
      model: schedule.alpha(t) * v / sigma_s ** 2,
      noise: Math.sqrt(v) * sigma_t / sigma_s,
    };
    return { t: s, input: { x: 1 }, update: { x } };
  });
  return { prediction: "data", steps };
}

/** Ancestral sampling, to time 0. */
export const ancestralSampler: SamplerEntry<"grid"> = {
  options: { grid: "uniform" },
  method: (schedule, { grid, ...settings }) =>
    programMethod(ancestral(schedule, timeGridToZero(grid, schedule, settings))),
};
