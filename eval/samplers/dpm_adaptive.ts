import type { NoiseSchedule } from "../../train/diffusion/noise_schedule.ts";
import { NotFiniteError } from "../not_finite_error.ts";
import { dpmSinglestep } from "./dpm_singlestep.ts";
import type { Prediction, SamplerMethod, SamplerStep } from "./program.ts";

/**
 * How an adaptive solver chooses its steps.
 * @category Samplers
 */
export interface AdaptiveOptions {
  /** What the steps work with. */
  readonly prediction: Prediction;
  /** Order of the better of the two solutions that are compared. */
  readonly order: 2 | 3;
  /** The last time; the schedule's `t_min` where missing. */
  readonly t_end?: number;
  /** Absolute tolerance; where missing 0.0078, one of 256 levels of images in [-1, 1]. */
  readonly absolute?: number;
  /** Relative tolerance; 0.05 where missing. */
  readonly relative?: number;
  /** Whether the batch shares one step size, as in the reference; else each image has its own. */
  readonly together?: boolean;
}

/** The first step, in lambda. */
const FIRST = 0.05;
/** Fraction of the step size that the error estimate would allow. */
const SAFETY = 0.9;
/** How near to the end an image is done, in t. */
const NEAR = 1e-5;

/** Before the first step, the previous solution is the noise itself. */
const BEGIN: SamplerStep = { t: null, input: {}, update: { previous: { x: 1 } } };

/** How far one image is. */
interface Path {
  t: number;
  /** Length of the next step, in lambda. */
  h: number;
}

/**
 * DPM-Solver-12 and -23 (Lu et al., "DPM-Solver", NeurIPS 2022, appendix C). Each attempt makes a
 * step of size h in lambda by the solver of `order` and by the one below it, which needs no further
 * network evaluation; their difference estimates the error E of the lower one. Where `E <= 1` the
 * better solution is accepted; the next step size is `0.9 h E^(-1 / order)`.
 *
 * Each image takes its own steps unless `together`, so that it does not depend on its batch; one that
 * is done waits for the others. The errors are read back once per attempt; the method's `run()`
 * throws {@linkcode NotFiniteError} where one is NaN.
 * @category Samplers
 */
export function dpmAdaptive(schedule: NoiseSchedule, options: AdaptiveOptions): SamplerMethod {
  const { prediction, order, together = false, absolute = 0.0078, relative = 0.05 } = options;
  const { t_end = schedule.t_min } = options;
  const start = schedule.lambda(schedule.t_max);
  const end = schedule.lambda(t_end);
  const solve = (s: number, t: number) => attempt(schedule, prediction, order, s, t);
  const isDone = ({ t }: Path) => Math.abs(t - t_end) <= NEAR;

  return {
    prediction,
    forms: [...solve(schedule.t_max, t_end), BEGIN, outcome(true)],
    evaluations: null,
    async run(machine, onStep) {
      const paths: Path[] = Array.from(
        { length: machine.images },
        () => ({ t: schedule.t_max, h: FIRST }),
      );
      await machine.run(BEGIN);
      while (!paths.every(isDone)) {
        const targets = paths.map(({ t, h }) => schedule.inverseLambda(schedule.lambda(t) + h));
        const attempts = paths.map((path, i) => isDone(path) ? null : solve(path.t, targets[i]));
        const any = attempts.find((steps) => steps !== null)!;
        for (let k = 0; k < order; k++) {
          // An image that is done runs another's steps; the result is discarded.
          await machine.run(attempts.map((steps) => (steps ?? any)[k]));
        }
        const test = { a: "higher", b: "lower", c: "previous", absolute, relative };
        const errors = await machine.errors(test);
        const worst = Math.max(...errors);
        if (Number.isNaN(worst)) {
          const t = Math.max(...paths.map(({ t }) => t));
          throw new NotFiniteError(
            `the images are no longer numbers at time ${t.toPrecision(3)}: the weights may be ` +
              "damaged, or guidance too strong",
          );
        }
        const outcomes = paths.map((path, i) => {
          if (isDone(path)) return outcome(false);
          const error = together ? worst : errors[i];
          if (error <= 1) path.t = targets[i];
          const left = end - schedule.lambda(path.t);
          path.h = Math.min(SAFETY * path.h * error ** (-1 / order), left);
          return outcome(error <= 1);
        });
        await machine.run(outcomes);
        const slowest = Math.max(...paths.map(({ t }) => t));
        await onStep?.(
          paths.every(isDone) ? 1 : (schedule.lambda(slowest) - start) / (end - start),
        );
      }
    },
  };
}

/** The steps of one attempt: the better solution in slot `higher`, the other in `lower`. */
function attempt(
  schedule: NoiseSchedule,
  prediction: Prediction,
  order: 2 | 3,
  s: number,
  t: number,
): SamplerStep[] {
  const [from, to] = [schedule.lambda(s), schedule.lambda(t)];
  const between = (fraction: number) => schedule.inverseLambda(from + fraction * (to - from));
  const solve = (...times: number[]) => dpmSinglestep(schedule, [times], { prediction }).steps;
  if (order === 2) {
    const [first] = solve(s, t);
    const [start, last] = solve(s, between(1 / 2), t);
    return [
      { ...start, update: { ...start.update, lower: first.update.x } },
      { ...last, update: { higher: last.update.x } },
    ];
  }
  const [, second] = solve(s, between(1 / 3), t);
  const [start, middle, last] = solve(s, between(1 / 3), between(2 / 3), t);
  return [
    start,
    { ...middle, update: { ...middle.update, lower: second.update.x } },
    { ...last, update: { higher: last.update.x } },
  ];
}

/** The step that accepts the better solution, or discards both. */
function outcome(accepted: boolean): SamplerStep {
  const [keep, take] = accepted ? [0, 1] : [1, 0];
  return {
    t: null,
    input: {},
    update: { x: { x: keep, higher: take }, previous: { previous: keep, lower: take } },
  };
}
