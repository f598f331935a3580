/**
 * How the sampler of a run's grids works; null leaves the choice to the sampler.
 * @category Configuration
 */
export interface SolverConfig {
  /** How DPM-Solver spends its steps, a name in the table of variants. */
  variant: string | null;
  /** Order of convergence. */
  order: 1 | 2 | 3 | null;
  /** How times are spaced, a name in the table of time grids. */
  grid: string | null;
  /** Fraction of the noise of ancestral sampling that DDIM adds, 0 to 1. */
  eta: number | null;
  /** The last time but 0. */
  t_end: number | null;
}

/** All is left to the sampler. */
export const DEFAULT_SOLVER: SolverConfig = {
  variant: null,
  order: null,
  grid: null,
  eta: null,
  t_end: null,
};
