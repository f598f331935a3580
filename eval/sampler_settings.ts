import type { SamplerName } from "../train/config/sampler_names.ts";
import { UsageError } from "../train/config/usage_error.ts";
import type { NoiseSchedule } from "../train/diffusion/noise_schedule.ts";
import type { SolverOrder } from "./samplers/dpm_singlestep.ts";
import { EULER_T_END } from "./samplers/euler_maruyama.ts";
import type { TimeGridName } from "./time_grid.ts";

/** How DPM-Solver spends its steps. */
export const DPM_VARIANTS = ["fast", "singlestep", "multistep", "adaptive"] as const;

/** One of {@linkcode DPM_VARIANTS}. */
export type DpmVariant = typeof DPM_VARIANTS[number];

/** A sampler with everything that can be chosen about it; null is the sampler's own choice. */
export interface SamplerSettings {
  readonly sampler: SamplerName;
  /** Network evaluations. */
  readonly steps: number;
  readonly variant: DpmVariant | null;
  readonly order: SolverOrder | null;
  readonly grid: TimeGridName | null;
  /** Share of DDIM's noise, 0 to 1. */
  readonly eta: number | null;
  /** The last time but 0. */
  readonly t_end: number | null;
}

/** A sampler with everything but its steps left to its own choice. */
export function samplerSettings(sampler: string, steps: number): SamplerSettings {
  return {
    sampler: sampler as SamplerName,
    steps,
    variant: null,
    order: null,
    grid: null,
    eta: null,
    t_end: null,
  };
}

/**
 * The same settings with the choices made that were left to the sampler; what a sampler does not have
 * stays null.
 *
 * @throws {UsageError} with a line for each setting that the sampler does not have or cannot take
 */
export function completeSettings(
  schedule: NoiseSchedule,
  settings: SamplerSettings,
): SamplerSettings {
  const { sampler, steps } = settings;
  const dpm = sampler === "dpm_solver" || sampler === "dpm_solver_pp";
  const euler = sampler.startsWith("euler_maruyama");
  const problems: string[] = [];
  const only = (name: keyof SamplerSettings, allowed: boolean, which: string) => {
    if (settings[name] === null || allowed) return;
    problems.push(`--${name}: ${sampler} has none, only ${which}; leave --${name} out`);
  };
  only("variant", dpm, "dpm_solver and dpm_solver_pp");
  only("order", dpm, "dpm_solver and dpm_solver_pp");
  only("eta", sampler === "ddim", "ddim");
  only("grid", !euler, "the other samplers: its times are the reference's");

  const t_end = settings.t_end ?? (euler ? EULER_T_END : schedule.t_min);
  if (t_end >= schedule.t_max) {
    problems.push(`--t_end: ${t_end} is not before the first time, ${schedule.t_max}`);
  }
  const complete = {
    sampler,
    steps,
    t_end,
    eta: sampler === "ddim" ? settings.eta ?? 0 : null,
    variant: null,
    order: null,
    grid: euler ? null : settings.grid ?? OWN_GRIDS[sampler as keyof typeof OWN_GRIDS],
  };
  if (!dpm) return refuseOr(problems, complete);

  const variant = settings.variant ?? (sampler === "dpm_solver" ? "fast" : "multistep");
  const order = settings.order ?? ownOrder(variant, steps);
  if (variant === "adaptive" && order === 1) {
    problems.push("--order: adaptive compares two orders; take 2 or 3");
  }
  if (variant === "adaptive" && settings.grid !== null) {
    problems.push("--grid: adaptive finds its own times; leave --grid out");
  }
  if ((variant === "fast" || variant === "singlestep") && steps < order) {
    problems.push(`--steps: an interval of order ${order} takes ${order} steps, not ${steps}`);
  }
  const grid = variant === "adaptive" ? null : complete.grid;
  return refuseOr(problems, { ...complete, variant, order, grid });
}

const OWN_GRIDS = {
  dpm_solver: "log_snr",
  dpm_solver_pp: "log_snr",
  ddim: "uniform",
  ddpm: "uniform",
  heun: "karras",
} as const satisfies Partial<Record<SamplerName, TimeGridName>>;

function ownOrder(variant: DpmVariant, steps: number): SolverOrder {
  if (variant === "multistep" || steps === 2 && variant !== "adaptive") return 2;
  return steps === 1 && variant !== "adaptive" ? 1 : 3;
}

function refuseOr<T>(problems: readonly string[], value: T): T {
  if (problems.length > 0) throw new UsageError(problems);
  return value;
}
