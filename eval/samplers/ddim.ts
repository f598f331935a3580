import type { NoiseSchedule } from "../../train/diffusion/noise_schedule.ts";
import { timeGridToZero } from "../time_grid.ts";
import { intervalsOf, programMethod, type SamplerProgram } from "./program.ts";
import type { SamplerEntry } from "./sampler_entry.ts";

/**
 * DDIM (Song, Meng and Ermon, "Denoising Diffusion Implicit Models", ICLR 2021, equations 12 and 16),
 * from time s to an earlier t, D being the predicted image:
 *
 *     x_t = alpha_t D + sqrt(sigma_t^2 - w^2) (x_s - alpha_s D) / sigma_s + w noise
 *     w = eta sigma_t / sigma_s sqrt(1 - alpha_s^2 / alpha_t^2)
 *
 * One network evaluation per interval; `eta` 0 is deterministic (and DPM-Solver of order 1), `eta` 1
 * is ancestral sampling. A grid may end at time 0, where `x = D`.
 * @category Samplers
 */
export function ddim(
  schedule: NoiseSchedule,
  grid: readonly number[],
  { eta }: { eta: number },
): SamplerProgram {
  const steps = intervalsOf(grid).map(({ s, t }) => {
    const [alpha_s, alpha_t] = [schedule.alpha(s), schedule.alpha(t)];
    const [sigma_s, sigma_t] = [schedule.sigma(s), schedule.sigma(t)];
    const w = eta * sigma_t / sigma_s *
      Math.sqrt(-Math.expm1(2 * (schedule.logAlpha(s) - schedule.logAlpha(t))));
    const old = Math.sqrt(Math.max(0, sigma_t ** 2 - w ** 2)) / sigma_s;
    const x = { x: old, model: alpha_t - old * alpha_s, ...(eta > 0 ? { noise: w } : {}) };
    return { t: s, input: { x: 1 }, update: { x } };
  });
  return { prediction: "data", steps };
}

/** DDIM, to time 0. */
export const ddimSampler: SamplerEntry<"eta" | "grid"> = {
  options: { eta: 0, grid: "uniform" },
  method: (schedule, { eta, grid, ...settings }) =>
    programMethod(ddim(schedule, timeGridToZero(grid, schedule, settings), { eta })),
};
