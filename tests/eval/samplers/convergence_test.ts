import { ok } from "node:assert/strict";
import { vpLinear } from "../../../train/diffusion/vp_linear.ts";
import { ddim } from "../../../eval/samplers/ddim.ts";
import { fastIntervals, fixedIntervals } from "../../../eval/samplers/dpm_intervals.ts";
import { dpmMultistep } from "../../../eval/samplers/dpm_multistep.ts";
import { dpmSinglestep, type SolverOrder } from "../../../eval/samplers/dpm_singlestep.ts";
import { eulerMaruyama } from "../../../eval/samplers/euler_maruyama.ts";
import { heun } from "../../../eval/samplers/heun.ts";
import type { Prediction, SamplerProgram } from "../../../eval/samplers/program.ts";
import { timeGrid, type TimeGridName } from "../../../eval/time_grid.ts";
import { gaussianError } from "../gaussian.ts";

const schedule = vpLinear();

/** Fails unless the error falls as steps^-order between two numbers of steps, within 0.15. */
async function falls(
  what: string,
  order: number,
  program: (steps: number) => SamplerProgram,
  [few, many]: [number, number] = [16, 512],
): Promise<void> {
  const points: { steps: number; error: number }[] = [];
  for (const steps of [few, many]) {
    const made = program(steps);
    const error = await gaussianError(schedule, made, schedule.t_min);
    points.push({ steps: made.steps.length, error });
  }
  const [a, b] = points;
  const slope = Math.log(a.error / b.error) / Math.log(b.steps / a.steps);
  ok(Math.abs(slope - order) <= 0.15, `${what}: error falls with order ${slope}, not ${order}`);
}

const grid = (name: TimeGridName, intervals: number) => timeGrid(name, schedule, { intervals });

Deno.test("Euler, DDIM and Heun are solvers of order 1, 1 and 2", async () => {
  const kind = "ode";
  await falls("Euler", 1, (n) => eulerMaruyama(schedule, grid("uniform", n), { kind }));
  for (const name of ["uniform", "log_snr"] as const) {
    await falls(`DDIM, ${name}`, 1, (n) => ddim(schedule, grid(name, n), { eta: 0 }));
  }
  for (const name of ["karras", "log_snr", "uniform", "quadratic"] as const) {
    const euler_last = false;
    await falls(`Heun, ${name}`, 2, (n) => heun(schedule, grid(name, n / 2), { euler_last }));
  }
});

Deno.test("dpmSinglestep() with fixedIntervals() is of its order, for noise and data", async () => {
  const program = (
    prediction: Prediction,
    order: SolverOrder,
    steps: number,
    grid: TimeGridName = "log_snr",
  ) => {
    const intervals = fixedIntervals(schedule, { order, steps, grid });
    return dpmSinglestep(schedule, intervals, { prediction });
  };
  for (const prediction of ["noise", "data"] as const) {
    for (const order of [1, 2] as const) {
      await falls(`order ${order}, ${prediction}`, order, (n) => program(prediction, order, n));
    }
    // Five intervals are too few for the third order to show.
    await falls(`order 3, ${prediction}`, 3, (n) => program(prediction, 3, n), [256, 1024]);
    const quadratic = (n: number) => program(prediction, 3, n, "quadratic");
    await falls(`order 3, ${prediction}, quadratic`, 3, quadratic, [768, 3072]);
  }
});

Deno.test("fastIntervals() make DPM-Solver of order 1, 2 and 3 from 16 steps on", async () => {
  for (const order of [1, 2, 3] as const) {
    await falls(`fast ${order}`, order, (steps) => {
      const intervals = fastIntervals(schedule, { order, steps, grid: "log_snr" });
      return dpmSinglestep(schedule, intervals, { prediction: "noise" });
    });
  }
});

Deno.test("dpmMultistep() of order 2 is of order 2, for noise and data", async () => {
  for (const prediction of ["noise", "data"] as const) {
    for (const lower_order_final of [false, true]) {
      const options = { prediction, order: 2, lower_order_final } as const;
      await falls(
        `2M, ${prediction}`,
        2,
        (n) => dpmMultistep(schedule, grid("log_snr", n), options),
      );
    }
  }
});

Deno.test("dpmMultistep() of order 3 is of order 3, for noise and data", async () => {
  for (const prediction of ["noise", "data"] as const) {
    const order3 = (name: TimeGridName, curvature: "whole" | "halved") => (n: number) => {
      const options = { prediction, order: 3, lower_order_final: false, curvature } as const;
      return dpmMultistep(schedule, grid(name, n), options);
    };
    await falls(`3M, ${prediction}`, 3, order3("quadratic", "whole"), [512, 2048]);
    // On equal intervals of lambda and normal data the error's third order is the integral of m m''',
    // which is m m'' - m'^2 / 2 at the ends, almost 0: the fourth is left.
    await falls(`3M, ${prediction}, log_snr`, 4, order3("log_snr", "whole"), [32, 256]);
    await falls(`3M as the reference, ${prediction}`, 2, order3("log_snr", "halved"), [128, 1024]);
  }
});
