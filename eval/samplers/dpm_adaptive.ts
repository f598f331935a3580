import type { NoiseSchedule } from "../../train/diffusion/noise_schedule.ts";
import { NotFiniteError } from "../not_finite_error.ts";
import { dpmSinglestep } from "./dpm_singlestep.ts";
import type { Prediction, SamplerMethod, SamplerStep } from "./program.ts";

/** How an adaptive solver chooses its steps. */
export interface AdaptiveOptions {
  readonly prediction: Prediction;
  /** SolverOrder of the better of the two solutions that are compared. */
  readonly order: 2 | 3;
  readonly t_end?: number;
  /** Error allowed; where not given 0.0078, one level of 256 of images in [-1, 1]. */
  readonly absolute?: number;
  /** Error allowed as a share of the values; 0.05 where not given. */
  readonly relative?: number;
  /** One step size for the whole batch, as the reference has it; else an image's own. */
  readonly together?: boolean;
}

/** The first step, in lambda. */
const FIRST = 0.05;
/** Share of the step that the error estimate would allow. */
const SAFETY = 0.9;
/** How near to the end is the end, in t. */
const NEAR = 1e-5;

/** Before the first step, the solution before is the noise itself. */
const BEGIN: SamplerStep = { t: null, look: {}, set: { previous: { x: 1 } } };

/** Where one image is. */
interface Path {
  t: number;
  /** Length of the next step, in lambda. */
  h: number;
}

/**
 * DPM-Solver-12 and -23 (Lu et al., "DPM-Solver", NeurIPS 2022, appendix C). Each attempt makes a
 * step of lambda by the solver of `order` and by the one below it, which asks the network for nothing
 * more; their difference is the error E of the lower one. Where `E <= 1` the better solution is kept;
 * the next step is `0.9 h E^(-1 / order)`.
 *
 * An image takes its own steps unless `together`, so that it does not depend on its batch; one that
 * is done waits for the others. The errors are read back, once per attempt; running it throws
 * {@linkcode NotFiniteError} where one is not a number.
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
          // An image that is done goes along with another's steps; what comes of it is dropped.
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
  const between = (share: number) => schedule.inverseLambda(from + share * (to - from));
  const solve = (...times: number[]) => dpmSinglestep(schedule, [times], { prediction }).steps;
  if (order === 2) {
    const [first] = solve(s, t);
    const [start, last] = solve(s, between(1 / 2), t);
    return [
      { ...start, set: { ...start.set, lower: first.set.x } },
      { ...last, set: { higher: last.set.x } },
    ];
  }
  const [, second] = solve(s, between(1 / 3), t);
  const [start, middle, last] = solve(s, between(1 / 3), between(2 / 3), t);
  return [
    start,
    { ...middle, set: { ...middle.set, lower: second.set.x } },
    { ...last, set: { higher: last.set.x } },
  ];
}

/** The step that keeps the better solution, or drops both. */
function outcome(taken: boolean): SamplerStep {
  const [keep, take] = taken ? [0, 1] : [1, 0];
  return {
    t: null,
    look: {},
    set: { x: { x: keep, higher: take }, previous: { previous: keep, lower: take } },
  };
}
