import type { NoiseSchedule } from "../../train/diffusion/noise_schedule.ts";
import { timeGrid } from "../time_grid.ts";
import { intervalsOf, programMethod, type SamplerProgram, type SamplerStep } from "./program.ts";
import type { SamplerEntry } from "./sampler_entry.ts";

/**
 * Heun's method (Karras et al., "Elucidating the Design Space of Diffusion-Based Generative Models",
 * NeurIPS 2022, algorithm 1) on the probability-flow ODE `d(x / alpha) / d(sigma / alpha) = noise`.
 * From time s to an earlier t, with `h = sigma_t / alpha_t - sigma_s / alpha_s`:
 *
 *     u   = alpha_t (x_s / alpha_s + h noise(x_s, s))
 *     x_t = alpha_t (x_s / alpha_s + h (noise(x_s, s) + noise(u, t)) / 2)
 *
 * Two network evaluations per interval; where `euler_last`, the last interval takes u, with one.
 * @category Samplers
 */
export function heun(
  schedule: NoiseSchedule,
  grid: readonly number[],
  { euler_last }: { euler_last: boolean },
): SamplerProgram {
  const intervals = intervalsOf(grid);
  const steps = intervals.flatMap(({ s, t }, i): SamplerStep[] => {
    const [alpha_s, alpha_t] = [schedule.alpha(s), schedule.alpha(t)];
    const h = alpha_t * (schedule.sigma(t) / alpha_t - schedule.sigma(s) / alpha_s);
    const x = alpha_t / alpha_s;
    if (euler_last && i === intervals.length - 1) {
      return [{ t: s, input: { x: 1 }, update: { x: { x, model: h } } }];
    }
    return [
      { t: s, input: { x: 1 }, update: { first: { model: 1 } } },
      { t, input: { x, first: h }, update: { x: { x, first: h / 2, model: h / 2 } } },
    ];
  });
  return { prediction: "noise", steps };
}

/** Heun's method; of an odd number of steps, the last is Euler's. */
export const heunSampler: SamplerEntry<"grid"> = {
  options: { grid: "karras" },
  method(schedule, { grid, steps, t_end }) {
    const times = timeGrid(grid, schedule, { intervals: Math.ceil(steps / 2), t_end });
    return programMethod(heun(schedule, times, { euler_last: steps % 2 === 1 }));
  },
};
