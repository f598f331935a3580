import type { NoiseSchedule } from "../../train/diffusion/noise_schedule.ts";
import { timeGrid, type TimeGridName } from "../time_grid.ts";
import type { SinglestepInterval, SolverOrder } from "./dpm_singlestep.ts";

/**
 * How a single-step solver spends its network evaluations.
 * @category Samplers
 */
export interface IntervalOptions {
  /** Order of the intervals. */
  readonly order: SolverOrder;
  /** Network evaluations. */
  readonly steps: number;
  /** How times are spaced. */
  readonly grid: TimeGridName;
  /** The first time; the schedule's `t_max` where missing. */
  readonly t_start?: number;
  /** The last time; the schedule's `t_min` where missing. */
  readonly t_end?: number;
}

/**
 * Intervals of one order, as many as `steps` allows; the times inside are equally spaced in lambda.
 * A solver is of its order where the longest interval in lambda shrinks as steps are added: the last
 * ones of the `uniform` grid hardly do, and order 3 falls as order 2 there.
 *
 * @throws {RangeError} where there are fewer steps than one interval needs
 * @category Samplers
 */
export function fixedIntervals(
  schedule: NoiseSchedule,
  { order, steps, grid, ...ends }: IntervalOptions,
): SinglestepInterval[] {
  const outer = timeGrid(grid, schedule, { intervals: Math.floor(steps / order), ...ends });
  return outer.slice(1).map((t, i) => subdivided(schedule, outer[i], t, order));
}

/**
 * Intervals of the given order, and at the end lower ones so that exactly `steps` network evaluations
 * are spent (Lu et al., "DPM-Solver", NeurIPS 2022, section 3.4): for order 3 and a multiple of 3 the
 * last are of order 2 and 1, else the last is of the order that is left over. On the `log_snr` grid
 * the intervals are equally long; on others all times, also those inside intervals, are the grid's.
 * @category Samplers
 */
export function fastIntervals(
  schedule: NoiseSchedule,
  { order, steps, grid, ...ends }: IntervalOptions,
): SinglestepInterval[] {
  const orders = fastOrders(order, steps);
  if (grid === "log_snr") {
    const outer = timeGrid(grid, schedule, { intervals: orders.length, ...ends });
    return orders.map((order, i) => subdivided(schedule, outer[i], outer[i + 1], order));
  }
  const times = timeGrid(grid, schedule, { intervals: steps, ...ends });
  let at = 0;
  return orders.map((order) => times.slice(at, (at += order) + 1));
}

/** Orders of the intervals of {@linkcode fastIntervals}. */
export function fastOrders(order: SolverOrder, steps: number): SolverOrder[] {
  const most = (
    n: number,
    ...last: SolverOrder[]
  ) => [...new Array<SolverOrder>(n).fill(order), ...last];
  const whole = Math.floor(steps / order);
  const left = steps % order;
  if (left > 0) return most(whole, left as SolverOrder);
  return order === 3 ? most(whole - 1, 2, 1) : most(whole);
}

function subdivided(schedule: NoiseSchedule, s: number, t: number, order: SolverOrder): number[] {
  const [from, to] = [schedule.lambda(s), schedule.lambda(t)];
  const between = Array.from(
    { length: order - 1 },
    (_, i) => schedule.inverseLambda(from + (to - from) * (i + 1) / order),
  );
  return [s, ...between, t];
}
