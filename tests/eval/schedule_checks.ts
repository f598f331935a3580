import { ok } from "node:assert/strict";
import type { NoiseSchedule } from "../../train/diffusion/noise_schedule.ts";

/** Fails where two numbers differ by more than `tolerance` of the second. */
export function near(actual: number, expected: number, tolerance: number): void {
  const error = Math.abs(actual - expected) / Math.abs(expected);
  ok(error <= tolerance, `${actual} is not ${expected}`);
}

/** Checks that the functions of a schedule agree with one another. */
export function lambdaCases(schedule: NoiseSchedule): void {
  ok(schedule.alpha(0) === 1 && schedule.sigma(0) === 0 && schedule.lambda(0) === Infinity);
  for (let i = 1; i < 50; i++) {
    const t = schedule.t_min + (schedule.t_max - schedule.t_min) * i / 50;
    const [alpha, sigma] = [schedule.alpha(t), schedule.sigma(t)];
    near(alpha ** 2 + sigma ** 2, 1, 1e-14);
    near(Math.exp(schedule.lambda(t)), alpha / sigma, 1e-12);
    near(schedule.inverseLambda(schedule.lambda(t)), t, 1e-9);
    ok(schedule.lambda(t) < schedule.lambda(t - schedule.t_min / 2));
    // The rate is the slope of log alpha; between two times of a discrete process it is level.
    const h = schedule.t_min / 1000;
    const slope = (schedule.logAlpha(t + h) - schedule.logAlpha(t - h)) / (2 * h);
    near(schedule.beta(t), -2 * slope, 1e-5);
  }
  near(schedule.inverseLambda(schedule.lambda(schedule.t_max)), schedule.t_max, 1e-9);
  near(schedule.inverseLambda(schedule.lambda(schedule.t_min)), schedule.t_min, 1e-9);
}
