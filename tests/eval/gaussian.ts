import type { NoiseSchedule } from "../../train/diffusion/noise_schedule.ts";
import { programMethod, type SamplerProgram } from "../../eval/samplers/program.ts";
import { Float64Machine } from "./float64_machine.ts";

const MEAN = 0.3;
const DEVIATION = 0.5;
const STARTS = [-1.5, -0.3, 0.7, 1.9];

/** The exact noise prediction for data that is normal, N(0.3, 0.5^2). */
export function gaussianNoise(schedule: NoiseSchedule) {
  return (x: Float64Array, [t]: readonly number[]): Float64Array => {
    const [alpha, sigma] = [schedule.alpha(t), schedule.sigma(t)];
    return x.map((v) => sigma * (v - alpha * MEAN) / ((alpha * DEVIATION) ** 2 + sigma ** 2));
  };
}

/** How far a program ends from the exact solution of the probability-flow ODE, from time 1 to `t`. */
export async function gaussianError(
  schedule: NoiseSchedule,
  program: SamplerProgram,
  t: number,
): Promise<number> {
  const { prediction } = program;
  const noiseModel = gaussianNoise(schedule);
  const machine = new Float64Machine({ schedule, prediction, noiseModel, x: STARTS });
  await programMethod(program).run(machine);
  // Every quantile of x_t stays one, and x_t is normal.
  const spread = (at: number) => Math.hypot(schedule.alpha(at) * DEVIATION, schedule.sigma(at));
  const exact = STARTS.map((v) =>
    schedule.alpha(t) * MEAN + (v - schedule.alpha(1) * MEAN) * spread(t) / spread(1)
  );
  return Math.max(...exact.map((v, i) => Math.abs(machine.x[i] - v)));
}
