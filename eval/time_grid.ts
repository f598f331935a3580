import type { NoiseSchedule } from "../train/diffusion/noise_schedule.ts";

/**
 * How times are spaced: the names that `--grid` takes.
 * @category Samplers
 */
export const TIME_GRIDS = ["log_snr", "uniform", "quadratic", "karras"] as const;

/**
 * One of {@linkcode TIME_GRIDS}.
 * @category Samplers
 */
export type TimeGridName = typeof TIME_GRIDS[number];

/** Karras' rho: the larger, the more steps are spent on little noise. */
const RHO = 7;

/**
 * `intervals + 1` times, latest first, from `t_start` to `t_end`.
 *
 * - `log_snr`: equal steps of lambda (Lu et al., "DPM-Solver", NeurIPS 2022).
 * - `uniform`: equal steps of t.
 * - `quadratic`: equal steps of the root of t (Song et al., "DDIM", ICLR 2021, appendix D.2).
 * - `karras`: equal steps of `(sigma / alpha)^(1/7)` (Karras et al., "Elucidating the Design Space
 *   of Diffusion-Based Generative Models", NeurIPS 2022, equation 5).
 *
 * @throws {RangeError} where there are no intervals, or the ends are not in order
 * @category Samplers
 */
export function timeGrid(
  name: TimeGridName,
  schedule: NoiseSchedule,
  { intervals, t_start = schedule.t_max, t_end = schedule.t_min }: {
    intervals: number;
    t_start?: number;
    t_end?: number;
  },
): number[] {
  if (!(Number.isInteger(intervals) && intervals >= 1)) {
    throw new RangeError(`a time grid has 1 interval or more, not ${intervals}`);
  }
  if (!(0 < t_end && t_end < t_start)) {
    throw new RangeError(`a time grid falls from its start to its end, not ${t_start} to ${t_end}`);
  }
  const [to, from] = RULERS[name](schedule);
  const [first, last] = [to(t_start), to(t_end)];
  return Array.from({ length: intervals + 1 }, (_, i) => {
    // The ends are given: the way there and back would round them.
    if (i === 0) return t_start;
    if (i === intervals) return t_end;
    return from(first + (last - first) * i / intervals);
  });
}

/**
 * `steps + 1` times: as {@linkcode timeGrid} down to `t_end`, then 0.
 * @category Samplers
 */
export function timeGridToZero(
  name: TimeGridName,
  schedule: NoiseSchedule,
  { steps, t_end }: { steps: number; t_end: number },
): number[] {
  if (steps === 1) return [schedule.t_max, 0];
  return [...timeGrid(name, schedule, { intervals: steps - 1, t_end }), 0];
}

/** A measure of time that is divided equally, and its inverse. */
type Ruler = [to: (t: number) => number, from: (at: number) => number];

const RULERS: Readonly<Record<TimeGridName, (schedule: NoiseSchedule) => Ruler>> = {
  log_snr: (schedule) => [(t) => schedule.lambda(t), (l) => schedule.inverseLambda(l)],
  uniform: () => [(t) => t, (t) => t],
  quadratic: () => [Math.sqrt, (root) => root * root],
  karras: (schedule) => [
    (t) => Math.exp(-schedule.lambda(t) / RHO),
    (root) => schedule.inverseLambda(-RHO * Math.log(root)),
  ],
};
