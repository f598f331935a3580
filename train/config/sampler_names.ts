/** Names that `--sampler` and `--sample.algorithm` take; `eval/` has the samplers. */
export const SAMPLERS = [
  "dpm_solver",
  "dpm_solver_pp",
  "ddim",
  "ddpm",
  "heun",
  "euler_maruyama_ode",
  "euler_maruyama_sde",
] as const;

/** One of {@linkcode SAMPLERS}. */
export type SamplerName = typeof SAMPLERS[number];
