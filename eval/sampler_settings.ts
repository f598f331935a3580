import type { SampleConfig } from "../train/config/config.ts";
import { UsageError } from "../train/config/usage_error.ts";
import type { NoiseSchedule } from "../train/diffusion/noise_schedule.ts";
import { samplerNamed, samplersWith } from "./samplers/registry.ts";
import {
  type DerivedDefault,
  DPM_VARIANTS,
  type DpmVariant,
  type SamplerOption,
  type SamplerSettings,
} from "./samplers/sampler_entry.ts";
import { TIME_GRIDS, type TimeGridName } from "./time_grid.ts";

/**
 * A sampler with everything but its steps left to its own choice.
 * @category Samplers
 */
export function samplerSettings(sampler: string, steps: number): SamplerSettings {
  return { sampler, steps, variant: null, order: null, grid: null, eta: null, t_end: null };
}

/**
 * The sampler of a run's grids, by its configuration; {@linkcode completeSettings} checks its names.
 * @category Samplers
 */
export function usualSampler(
  { algorithm, sample_steps, variant, order, grid, eta, t_end }: SampleConfig,
): SamplerSettings {
  return {
    sampler: algorithm,
    steps: sample_steps,
    variant: variant as DpmVariant | null,
    order,
    grid: grid as TimeGridName | null,
    eta,
    t_end,
  };
}

/** Options in the order that problems with them are listed in. */
const OPTIONS: readonly SamplerOption[] = ["variant", "order", "eta", "grid"];

/** The values of options that are names. */
const NAMES: Readonly<Record<"variant" | "grid", readonly string[]>> = {
  variant: DPM_VARIANTS,
  grid: TIME_GRIDS,
};

/**
 * The same settings with every default filled in; an option that the sampler lacks stays null.
 *
 * @throws {UsageError} where there is no such sampler, or with a line for each setting that the
 * sampler lacks or cannot take, and for each unknown name
 * @category Samplers
 */
export function completeSettings(
  schedule: NoiseSchedule,
  requested: SamplerSettings,
): SamplerSettings {
  const { sampler, steps } = requested;
  const entry = samplerNamed(sampler);
  const { options } = entry;
  const problems = OPTIONS
    .filter((name) => requested[name] !== null && options[name] === undefined)
    .map((name) => {
      const which = entry.lacks?.[name] ?? samplersWith(name);
      return `${name}: ${sampler} has none, only ${which}; leave it out`;
    });
  for (const name of ["variant", "grid"] as const) {
    const value = requested[name];
    if (value === null || NAMES[name].includes(value)) continue;
    problems.push(`${name}: there is no "${value}", only ${NAMES[name].join(", ")}`);
  }
  const t_end = requested.t_end ?? entry.t_end ?? schedule.t_min;
  if (t_end >= schedule.t_max) {
    problems.push(`t_end: ${t_end} is not before the first time, ${schedule.t_max}`);
  }
  const variant = filledIn(requested.variant, options.variant, requested);
  const known = { ...requested, variant };
  const complete = {
    sampler,
    steps,
    t_end,
    eta: filledIn(requested.eta, options.eta, known),
    variant,
    order: filledIn(requested.order, options.order, known),
    grid: filledIn(requested.grid, options.grid, known),
  };
  problems.push(...entry.problems?.(complete, requested) ?? []);
  if (problems.length > 0) throw new UsageError(problems);
  return complete;
}

function filledIn<T extends string | number>(
  requested: T | null,
  own: T | DerivedDefault<T> | undefined,
  settings: SamplerSettings,
): T | null {
  if (own === undefined) return null;
  return requested ?? (typeof own === "object" ? own.from(settings) : own);
}
