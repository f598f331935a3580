import type { NoiseSchedule } from "../../train/diffusion/noise_schedule.ts";
import type { TimeGridName } from "../time_grid.ts";
import type { SolverOrder } from "./dpm_singlestep.ts";
import type { SamplerMethod } from "./program.ts";

/**
 * How DPM-Solver spends its steps.
 * @category Samplers
 */
export const DPM_VARIANTS = ["fast", "singlestep", "multistep", "adaptive"] as const;

/**
 * One of {@linkcode DPM_VARIANTS}.
 * @category Samplers
 */
export type DpmVariant = typeof DPM_VARIANTS[number];

/**
 * Options that some samplers have and others lack.
 * @category Samplers
 */
export interface SamplerOptions {
  /** How DPM-Solver spends its steps. */
  readonly variant: DpmVariant;
  /** Order of convergence. */
  readonly order: SolverOrder;
  /** Fraction of the noise of ancestral sampling that DDIM adds, 0 to 1. */
  readonly eta: number;
  /** How times are spaced. */
  readonly grid: TimeGridName;
}

/**
 * The name of an option in {@linkcode SamplerOptions}.
 * @category Samplers
 */
export type SamplerOption = keyof SamplerOptions;

/**
 * A sampler with all that can be chosen about it; null is the sampler's default.
 * @category Samplers
 */
export interface SamplerSettings {
  /** A name in the table of samplers. */
  readonly sampler: string;
  /** Network evaluations. */
  readonly steps: number;
  /** How DPM-Solver spends its steps. */
  readonly variant: DpmVariant | null;
  /** Order of convergence. */
  readonly order: SolverOrder | null;
  /** How times are spaced. */
  readonly grid: TimeGridName | null;
  /** Fraction of the noise of ancestral sampling that DDIM adds, 0 to 1. */
  readonly eta: number | null;
  /** The last time but 0. */
  readonly t_end: number | null;
}

/**
 * A default that depends on the other settings.
 * @category Samplers
 */
export interface DerivedDefault<T> {
  /** What the help says of it. */
  readonly help: string;
  /** The default; null where the option does not apply. `variant` is already filled in. */
  from(settings: SamplerSettings): T | null;
}

/**
 * What a sampler works with: its steps, the last time but 0, and the options `O` that it has.
 * @category Samplers
 */
export type CompleteSettings<O extends SamplerOption = SamplerOption> =
  & Readonly<{ steps: number; t_end: number }>
  & Pick<SamplerOptions, O>;

/**
 * A row of the table of samplers: a sampler with the options `O`.
 * @category Samplers
 */
export interface SamplerEntry<O extends SamplerOption = SamplerOption> {
  /** The options that it has, each with its default. */
  readonly options: {
    readonly [K in O]?: SamplerOptions[K] | DerivedDefault<SamplerOptions[K]>;
  };
  /** The last time but 0 by default; the schedule's `t_min` where missing. */
  readonly t_end?: number;
  /** Who has an option that it lacks, and why, where a list of names would say less. */
  readonly lacks?: Readonly<Partial<Record<SamplerOption, string>>>;
  /** A line for each requested setting that contradicts another, given all settings filled in. */
  problems?(complete: SamplerSettings, requested: SamplerSettings): string[];
  /** The method for complete settings. */
  method(schedule: NoiseSchedule, settings: CompleteSettings<O>): SamplerMethod;
}
