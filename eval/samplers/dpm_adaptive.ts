import type { NoiseSchedule } from "../noise_schedules/noise_schedule.ts";
import { dpmSinglestep } from "./dpm_singlestep.ts";
import type { Machine, Prediction, Step } from "./program.ts";

/** How an adaptive solver chooses its steps; the defaults are the paper's. */
export interface AdaptiveOptions {
  readonly prediction: Prediction;
  /** Order of the better of the two solutions that are compared. */
  readonly order: 2 | 3;
  readonly t_start?: number;
  readonly t_end?: number;
  /** Error allowed: one level of 256 of pictures in [-1, 1]. */
  readonly absolute?: number;
  /** Error allowed as a share of the values. */
  readonly relative?: number;
  /** One step size for the whole batch, as the reference has it; else a picture's own. */
  readonly together?: boolean;
  /** Called after each attempt. @param done share of the way gone, 0 to 1 */
  readonly onAttempt?: (done: number) => void | Promise<void>;
}

/** The first step, in lambda. */
const FIRST = 0.05;
/** Share of the step that the error estimate would allow. */
const SAFETY = 0.9;
/** How near to the end is the end, in t. */
const NEAR = 1e-5;

/**
 * DPM-Solver-12 and -23 (Lu et al., "DPM-Solver", NeurIPS 2022, appendix C). Each attempt makes a
 * step of lambda by the solver of `order` and the one below it, which asks the network for nothing
 * more; their difference is the error E of the lower one. Where `E <= 1` the better solution is kept;
 * the next step is `0.9 h E^(-1 / order)`.
 *
 * A picture takes its own steps unless `together`, so that it does not depend on its batch; one that
 * is done waits for the others. The errors are read back, once per attempt.
 *
 * @returns network evaluations of the batch
 */
export async function dpmAdaptive(
  machine: Machine,
  schedule: NoiseSchedule,
  options: AdaptiveOptions,
): Promise<number> {
  const { prediction, order, together = false, absolute = 0.0078, relative = 0.05 } = options;
  const { t_start = schedule.t_max, t_end = schedule.t_min } = options;
  const [start, end] = [schedule.lambda(t_start), schedule.lambda(t_end)];
  const paths = Array.from(
    { length: machine.pictures },
    () => ({ t: t_start, at: start, h: FIRST }),
  );
  const isDone = ({ t }: { t: number }) => Math.abs(t - t_end) <= NEAR;
  await machine.run({ t: null, look: {}, set: { previous: { x: 1 } } });

  let evaluations = 0;
  while (!paths.every(isDone)) {
    const targets = paths.map((path) =>
      isDone(path) ? path.t : schedule.inverseLambda(path.at + path.h)
    );
    const attempts = paths.map((path, i) =>
      isDone(path) ? null : attempt(schedule, { prediction, order, s: path.t, t: targets[i] })
    );
    const any = attempts.find((steps) => steps !== null)!;
    // A picture that is done goes along with another's steps; what comes of it is dropped.
    for (let k = 0; k < order; k++) await machine.run(attempts.map((steps) => (steps ?? any)[k]));
    evaluations += order;

    const test = { a: "higher", b: "lower", c: "previous", absolute, relative };
    const errors = await machine.errors(test);
    const worst = Math.max(...errors);
    const kept = paths.map((path, i) => {
      if (isDone(path)) return false;
      const error = together ? worst : errors[i];
      const taken = error <= 1;
      if (taken) {
        path.t = targets[i];
        path.at = schedule.lambda(path.t);
      }
      path.h = Math.min(SAFETY * path.h * error ** (-1 / order), end - path.at);
      return taken;
    });
    await machine.run(kept.map((taken): Step => ({
      t: null,
      look: {},
      set: {
        x: { x: taken ? 0 : 1, higher: taken ? 1 : 0 },
        previous: { previous: taken ? 0 : 1, lower: taken ? 1 : 0 },
      },
    })));
    const slowest = Math.min(...paths.map(({ at }) => at));
    await options.onAttempt?.((slowest - start) / (end - start));
  }
  return evaluations;
}

/** The steps of one attempt: the better solution in slot `higher`, the other in `lower`. */
function attempt(
  schedule: NoiseSchedule,
  { prediction, order, s, t }: { prediction: Prediction; order: 2 | 3; s: number; t: number },
): Step[] {
  const [from, h] = [schedule.lambda(s), schedule.lambda(t) - schedule.lambda(s)];
  const between = (share: number) => schedule.inverseLambda(from + share * h);
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
