import type { NoiseSchedule } from "../../train/diffusion/noise_schedule.ts";
import { completeSettings, type SamplerSettings } from "../sampler_settings.ts";
import { timeGrid } from "../time_grid.ts";
import { ancestral } from "./ancestral.ts";
import { ddim } from "./ddim.ts";
import { dpmAdaptive } from "./dpm_adaptive.ts";
import { fastIntervals, fixedIntervals } from "./dpm_intervals.ts";
import { dpmMultistep } from "./dpm_multistep.ts";
import { dpmSinglestep } from "./dpm_singlestep.ts";
import { eulerGrid, eulerMaruyama } from "./euler_maruyama.ts";
import { heun } from "./heun.ts";
import {
  type Prediction,
  programMethod,
  type SamplerMethod,
  type SamplerProgram,
} from "./program.ts";

/** Fewer intervals than this need a lower order at the end of a multistep solver to be stable. */
const FEW = 15;

const PREDICTIONS = { dpm_solver: "noise", dpm_solver_pp: "data" } as const;

/**
 * The method that settings name. DDIM and ancestral sampling end at time 0, with the last image
 * predicted; the others where their grid ends.
 *
 * @throws {UsageError} as {@linkcode completeSettings}
 */
export function chooseMethod(schedule: NoiseSchedule, settings: SamplerSettings): SamplerMethod {
  const complete = completeSettings(schedule, settings);
  const { sampler, steps, variant } = complete;
  const [grid, order, t_end] = [complete.grid!, complete.order!, complete.t_end!];
  const toZero = () =>
    steps === 1
      ? [schedule.t_max, 0]
      : [...timeGrid(grid, schedule, { intervals: steps - 1, t_end }), 0];
  const program = (): SamplerProgram => {
    switch (sampler) {
      case "euler_maruyama_ode":
        return eulerMaruyama(schedule, eulerGrid(schedule, { steps, t_end }), { kind: "ode" });
      case "euler_maruyama_sde":
        return eulerMaruyama(schedule, eulerGrid(schedule, { steps, t_end }), { kind: "sde" });
      case "ddim":
        return ddim(schedule, toZero(), { eta: complete.eta! });
      case "ddpm":
        return ancestral(schedule, toZero());
      case "heun": {
        const times = timeGrid(grid, schedule, { intervals: Math.ceil(steps / 2), t_end });
        return heun(schedule, times, { euler_last: steps % 2 === 1 });
      }
      case "dpm_solver":
      case "dpm_solver_pp":
        return dpmProgram(PREDICTIONS[sampler]);
    }
  };
  const dpmProgram = (prediction: Prediction): SamplerProgram => {
    if (variant === "multistep") {
      const times = timeGrid(grid, schedule, { intervals: steps, t_end });
      return dpmMultistep(schedule, times, { prediction, order, lower_order_final: steps < FEW });
    }
    const intervals = variant === "fast" ? fastIntervals : fixedIntervals;
    return dpmSinglestep(schedule, intervals(schedule, { order, steps, grid, t_end }), {
      prediction,
    });
  };
  if (variant !== "adaptive") return programMethod(program());
  const prediction = PREDICTIONS[sampler as keyof typeof PREDICTIONS];
  return dpmAdaptive(schedule, { prediction, order: order as 2 | 3, t_end });
}
