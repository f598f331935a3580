import type { NoiseSchedule } from "../../train/diffusion/noise_schedule.ts";
import { exponentialStep } from "./exponential_step.ts";
import type { Prediction, SamplerProgram, SamplerStep } from "./program.ts";

/**
 * Order of convergence of a solver; a single-step solver's network evaluations per interval.
 * @category Samplers
 */
export type SolverOrder = 1 | 2 | 3;

/**
 * DPM-Solver (noise prediction; Lu et al., NeurIPS 2022, algorithms 1 and 2) and single-step
 * DPM-Solver++ (data prediction; Lu et al., 2022, algorithm 1). An interval from s to t of order k
 * takes k network evaluations, at s and at `k - 1` times between, `r` of the way in lambda; with m0, m1,
 * m2 the predictions and the coefficients of {@linkcode exponentialStep}:
 *
 *     order 1: x_t = decay x + phi1 m0
 *     order 2: x_t = decay x + phi1 m0 + phi1 / (2 r1) (m1 - m0)
 *     order 3: x_t = decay x + phi1 m0 + phi2 / r2 (m2 - m0)
 *
 * m1 is predicted from an order 1 step to its time, m2 from
 * `decay x + phi1 m0 + r2 / r1 phi2 (m1 - m0)`.
 *
 * @param intervals times and order of each interval, latest first
 * @category Samplers
 */
export function dpmSinglestep(
  schedule: NoiseSchedule,
  intervals: readonly SinglestepInterval[],
  { prediction }: { prediction: Prediction },
): SamplerProgram {
  const steps = intervals.flatMap((interval) => intervalSteps(schedule, prediction, interval));
  return { prediction, steps };
}

/**
 * Times of an interval, latest first: its start, the `order - 1` between, its end.
 * @category Samplers
 */
export type SinglestepInterval = readonly number[];

function intervalSteps(
  schedule: NoiseSchedule,
  prediction: Prediction,
  times: SinglestepInterval,
): SamplerStep[] {
  const s = times[0];
  const t = times[times.length - 1];
  const step = (to: number) => exponentialStep(schedule, prediction, s, to);
  const h = schedule.lambda(t) - schedule.lambda(s);
  const [r1, r2] = times.slice(1).map((to) => (schedule.lambda(to) - schedule.lambda(s)) / h);
  const last = step(t);
  if (times.length === 2) {
    return [{ t: s, input: { x: 1 }, update: { x: { x: last.decay, model: last.phi1 } } }];
  }
  const first = step(times[1]);
  const start: SamplerStep = { t: s, input: { x: 1 }, update: { m0: { model: 1 } } };
  const input1 = { x: first.decay, m0: first.phi1 };
  if (times.length === 3) {
    const slope = last.phi1 / (2 * r1);
    const x = { x: last.decay, m0: last.phi1 - slope, model: slope };
    return [start, { t: times[1], input: input1, update: { x } }];
  }
  const second = step(times[2]);
  const turn = r2 / r1 * second.phi2;
  const slope = last.phi2 / r2;
  return [
    start,
    { t: times[1], input: input1, update: { m1: { model: 1 } } },
    {
      t: times[2],
      input: { x: second.decay, m0: second.phi1 - turn, m1: turn },
      update: { x: { x: last.decay, m0: last.phi1 - slope, model: slope } },
    },
  ];
}
