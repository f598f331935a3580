/**
 * Euler-Maruyama steps of the reverse process (Song et al., "Score-Based Generative Modeling through
 * Stochastic Differential Equations", ICLR 2021). With `score = -noise / sigma`:
 *
 * - the reverse SDE (equation 6): `dx = (-beta/2 x - beta score) dt + sqrt(beta) dw`
 * - the probability-flow ODE (equation 13): `dx = (-beta/2 x - beta/2 score) dt`
 *
 * @module
 */
import type { NoiseSchedule } from "../../train/diffusion/noise_schedule.ts";
import { intervalsOf, programMethod, type SamplerProgram } from "./program.ts";
import type { SamplerEntry } from "./sampler_entry.ts";

/** The last time but 0 of {@linkcode eulerGrid} by default. */
export const EULER_T_END = 1e-3;

/**
 * The reference's grid, latest first: `steps` times from `t_max` to `t_end` in equal steps, then 0.
 * @category Samplers
 */
export function eulerGrid(
  { t_max }: NoiseSchedule,
  { steps, t_end = EULER_T_END }: { steps: number; t_end?: number },
): number[] {
  const times = Array.from(
    { length: steps },
    (_, i) => steps === 1 ? t_max : t_max + (t_end - t_max) * i / (steps - 1),
  );
  return [...times, 0];
}

/**
 * The steps over a grid, one network evaluation each. `kind: "sde"` adds noise after every step but
 * one that ends at time 0.
 * @category Samplers
 */
export function eulerMaruyama(
  schedule: NoiseSchedule,
  grid: readonly number[],
  { kind }: { kind: "sde" | "ode" },
): SamplerProgram {
  const steps = intervalsOf(grid).map(({ s, t }) => {
    const forward = schedule.beta(s) * (t - s);
    const weight = kind === "sde" ? 1 : 0.5;
    const x = {
      x: 1 - forward / 2,
      model: weight * forward / schedule.sigma(s),
      ...(kind === "sde" ? { noise: t > 0 ? Math.sqrt(-forward) : 0 } : {}),
    };
    return { t: s, input: { x: 1 }, update: { x } };
  });
  return { prediction: "noise", steps };
}

/** The probability-flow ODE. */
export const eulerMaruyamaOdeSampler: SamplerEntry<never> = /* @__PURE__ */ samplerOf("ode");

/** The reverse SDE. */
export const eulerMaruyamaSdeSampler: SamplerEntry<never> = /* @__PURE__ */ samplerOf("sde");

function samplerOf(kind: "sde" | "ode"): SamplerEntry<never> {
  return {
    options: {},
    t_end: EULER_T_END,
    lacks: { grid: "the other samplers: its times are the reference's" },
    method: (schedule, settings) =>
      programMethod(eulerMaruyama(schedule, eulerGrid(schedule, settings), { kind })),
  };
}
