import { deepStrictEqual as deepEqual, ok } from "node:assert/strict";
import type { NoiseSchedule } from "../../../train/diffusion/noise_schedule.ts";
import { scaledLinearBetas, vpDiscrete } from "../../../train/diffusion/vp_discrete.ts";
import { vpLinear } from "../../../train/diffusion/vp_linear.ts";
import { fastIntervals, fixedIntervals } from "../../../eval/samplers/dpm_intervals.ts";
import {
  dpmSinglestep,
  type SinglestepInterval,
  type SolverOrder,
} from "../../../eval/samplers/dpm_singlestep.ts";
import type { Prediction } from "../../../eval/samplers/program.ts";
import type { TimeGridName } from "../../../eval/time_grid.ts";
import { distance, type Golden, readGolden } from "../../golden.ts";
import { closedForm } from "../closed_form.ts";
import { float32Schedule } from "../float32_schedule.ts";
import { inFloat64 } from "../in_float64.ts";

async function errorOf(
  file: Golden,
  name: string,
  schedule: NoiseSchedule,
  intervals: readonly SinglestepInterval[],
  prediction: Prediction,
): Promise<number> {
  const program = dpmSinglestep(schedule, intervals, { prediction });
  const x = file.f32("x_init").data;
  const path = await inFloat64(program, { schedule, noiseModel: closedForm, x });
  return distance(path[path.length - 1], file.f32(name).data);
}

const GRIDS = { logSNR: "log_snr", time_uniform: "uniform", time_quadratic: "quadratic" } as const;

Deno.test("dpmSinglestep() is the reference's DPM-Solver, for every order and grid", async () => {
  const file = await readGolden("dpm_solver");
  // Exact times differ from the reference's as much as its single precision lost; see there.
  const rounded = float32Schedule();
  for (const name of file.names) {
    const fixed = /^order(\d)_(\w+)_12$/.exec(name);
    const fast = /^fast_(\d+)$/.exec(name);
    if (!fixed && !fast) continue;
    const intervals = (schedule: NoiseSchedule) =>
      fixed
        ? fixedIntervals(schedule, {
          order: Number(fixed[1]) as SolverOrder,
          steps: 12,
          grid: GRIDS[fixed[2] as keyof typeof GRIDS],
        })
        : fastIntervals(schedule, { order: 3, steps: Number(fast![1]), grid: "log_snr" });
    const like = await errorOf(file, name, rounded, intervals(rounded), "noise");
    ok(like <= 2e-4, `${name} in single precision: ${like}`);
    const exact = await errorOf(file, name, vpLinear(), intervals(vpLinear()), "noise");
    ok(exact <= 1e-3, `${name}: ${exact}`);
  }
});

Deno.test("dpmSinglestep() is the reference's on a discrete schedule, for noise and data", async () => {
  const file = await readGolden("dpm_solver_pp_discrete");
  const schedule = vpDiscrete(scaledLinearBetas(), "scaled linear");
  let count = 0;
  for (const name of file.names) {
    const match = /^(noise|data)_(singlestep|fast)_order(\d)_(\d+)$/.exec(name);
    if (!match) continue;
    const [, prediction, variant, order, steps] = match;
    const options = {
      order: Number(order) as SolverOrder,
      steps: Number(steps),
      grid: "uniform" as TimeGridName,
    };
    const intervals = variant === "fast"
      ? fastIntervals(schedule, options)
      : fixedIntervals(schedule, options);
    const error = await errorOf(file, name, schedule, intervals, prediction as Prediction);
    ok(error <= 2e-6, `${name}: ${error}`);
    count++;
  }
  ok(count === 9, `${count}`);
});

Deno.test("fastIntervals() spend exactly the steps they are given", () => {
  const schedule = vpLinear();
  for (const grid of ["log_snr", "uniform"] as const) {
    const orders = (order: SolverOrder, steps: number) =>
      fastIntervals(schedule, { order, steps, grid }).map((times) => times.length - 1);
    deepEqual(orders(3, 12), [3, 3, 3, 2, 1]);
    deepEqual(orders(3, 10), [3, 3, 3, 1]);
    deepEqual(orders(3, 11), [3, 3, 3, 2]);
    deepEqual(orders(3, 3), [2, 1]);
    deepEqual(orders(2, 5), [2, 2, 1]);
    deepEqual(orders(2, 4), [2, 2]);
    deepEqual(orders(1, 3), [1, 1, 1]);
    const times = fastIntervals(schedule, { order: 3, steps: 8, grid });
    times.slice(1).forEach(([start], i) => ok(start === times[i][times[i].length - 1]));
    ok(times.flat().every((t, i, all) => i === 0 || t <= all[i - 1]));
  }
});
