import type { NoiseSchedule } from "../../train/diffusion/noise_schedule.ts";
import { timeGrid, type TimeGridName } from "../time_grid.ts";
import type { SolverOrder } from "./dpm_singlestep.ts";
import { exponentialStep } from "./exponential_step.ts";
import {
  intervalsOf,
  type Prediction,
  programMethod,
  type SamplerMethod,
  type SamplerProgram,
} from "./program.ts";

/** A multistep solver of fewer intervals needs a lower order at the end to be stable. */
const FEW = 15;

/**
 * How {@linkcode dpmMultistep} works.
 * @category Samplers
 */
export interface MultistepOptions {
  /** What the steps work with. */
  readonly prediction: Prediction;
  /** Order of convergence. */
  readonly order: SolverOrder;
  /** Whether the last intervals are of lower order. */
  readonly lower_order_final: boolean;
  /** The term of `m''` in order 3: whole, or half of it as in the reference; whole where missing. */
  readonly curvature?: "whole" | "halved";
}

/**
 * Multistep DPM-Solver++ (data prediction; Lu et al., 2022, algorithm 2) or DPM-Solver (noise): one
 * network evaluation per interval, with the slope and curvature of the prediction taken from the
 * intervals before. With m0 the new prediction, m1 and m2 those before, `r1` and `r2` the lengths in
 * lambda of the last two intervals over that of this one, and the coefficients of
 * {@linkcode exponentialStep}:
 *
 *     D1 = (m0 - m1) / r1, E = (m1 - m2) / r2
 *     order 1: x_t = decay x + phi1 m0
 *     order 2: x_t = decay x + phi1 m0 + phi1 / 2 D1
 *     order 3: x_t = decay x + phi1 m0 + phi2 (D1 + r1 (D1 - E) / (r1 + r2)) + 2 phi3 (D1 - E) / (r1 + r2)
 *
 * In order 3, `2 (D1 - E) / (r1 + r2)` is `h^2 m''`. The reference implementation and k-diffusion lack
 * the factor 2, which makes them of order 2: that is `curvature: "halved"`, for comparison with them.
 *
 * The first intervals are of lower order, and with `lower_order_final` so are the last ones, which
 * keeps a sampler of few steps stable.
 * @category Samplers
 */
export function dpmMultistep(
  schedule: NoiseSchedule,
  grid: readonly number[],
  { prediction, order, lower_order_final, curvature = "whole" }: MultistepOptions,
): SamplerProgram {
  const intervals = intervalsOf(grid);
  const length = (i: number) => schedule.lambda(intervals[i].t) - schedule.lambda(intervals[i].s);
  const steps = intervals.map(({ s, t }, i) => {
    const { decay, phi1, phi2, phi3 } = exponentialStep(schedule, prediction, s, t);
    const left = lower_order_final ? intervals.length - i : order;
    const now = Math.min(order, i + 1, left);
    // Multiples of D1 and E; 0 where a slot is not yet filled, so that all steps have one form.
    let [d1, e] = [0, 0];
    const r1 = now > 1 ? length(i - 1) / length(i) : 1;
    const r2 = now > 2 ? length(i - 2) / length(i) : 1;
    if (now === 2) d1 = phi1 / 2;
    if (now === 3) {
      const curve = (phi2 * r1 + (curvature === "halved" ? phi3 : 2 * phi3)) / (r1 + r2);
      [d1, e] = [phi2 + curve, -curve];
    }
    const x = {
      x: decay,
      model: phi1 + d1 / r1,
      ...(order > 1 ? { m1: e / r2 - d1 / r1 } : {}),
      ...(order > 2 ? { m2: -e / r2 } : {}),
    };
    const update: Record<string, Record<string, number>> = { x };
    if (order > 1) update.m1 = { model: 1 };
    if (order > 2) update.m2 = { m1: 1 };
    return { t: s, input: { x: 1 }, update };
  });
  return { prediction, steps };
}

/** {@linkcode dpmMultistep} in `steps` intervals down to `t_end`, as a method. */
export function multistepMethod(
  schedule: NoiseSchedule,
  { prediction, order, grid, steps, t_end }: {
    readonly prediction: Prediction;
    readonly order: SolverOrder;
    readonly grid: TimeGridName;
    readonly steps: number;
    readonly t_end: number;
  },
): SamplerMethod {
  const times = timeGrid(grid, schedule, { intervals: steps, t_end });
  const lower_order_final = steps < FEW;
  return programMethod(dpmMultistep(schedule, times, { prediction, order, lower_order_final }));
}
