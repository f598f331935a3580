/**
 * Samplers as linear programs. All a sampler does is call the network and add multiples of images,
 * with coefficients that depend on time alone. So it is a list of steps, computed beforehand in
 * float64, and whatever can call a network and add images can run it (see
 * {@linkcode SamplerMachine}). This is the tableau of a linear multistep or Runge-Kutta method, with
 * slots for the earlier evaluations and a row of coefficients for each step.
 *
 * @example Heun's method from time 1 to 0.5
 * The ratio r = sigma / alpha grows with time; the ODE is d(x / alpha) / dr = noise. Step 1 calls the
 * network on x at time 1 and saves its prediction in the slot `first`. Step 2 calls it at time 0.5 on
 * the Euler estimate, and sets x to the trapezoidal rule's result.
 * ```ts
 * import { type SamplerProgram, vpLinear } from "@scalelong/scalelong";
 *
 * const schedule = vpLinear();
 * const [s, t] = [1, 0.5];
 * const ratio = (time: number) => schedule.sigma(time) / schedule.alpha(time);
 * const x = schedule.alpha(t) / schedule.alpha(s);
 * const h = schedule.alpha(t) * (ratio(t) - ratio(s));
 * const program: SamplerProgram = {
 *   prediction: "noise",
 *   steps: [
 *     { t: s, input: { x: 1 }, update: { first: { model: 1 } } },
 *     { t, input: { x, first: h }, update: { x: { x, first: h / 2, model: h / 2 } } },
 *   ],
 * };
 * ```
 *
 * @module
 */
import type { NoiseSchedule } from "../../train/diffusion/noise_schedule.ts";
import { type Conversion, type TargetName, TARGETS } from "../../train/diffusion/targets.ts";

/**
 * What the steps of a sampler work with: the predicted noise, or the predicted image.
 * @category Samplers
 */
export type Prediction = "noise" | "data";

/**
 * The coefficients that turn a noisy image `x = alpha image + sigma noise` at time `t`, and what a
 * network predicts from it, into the noise or the image.
 *
 * @param from what the network predicts
 * @param to what its prediction is converted to
 * @category Samplers
 */
export function conversion(
  schedule: NoiseSchedule,
  t: number,
  { from, to }: { readonly from: TargetName; readonly to: Prediction },
): Conversion {
  const { toData, toNoise } = TARGETS[from];
  return (to === "data" ? toData : toNoise)(schedule.alpha(t), schedule.sigma(t));
}

/**
 * A linear combination: coefficients by slot. A slot is a named image that lasts from step to step;
 * `x` becomes the result, and the others start as zeros. In an update, `model` is the prediction just
 * made and `noise` is fresh standard normal noise.
 * @category Samplers
 */
export type SlotSum = Readonly<Record<string, number>>;

/**
 * One step: one network evaluation, then new values of slots.
 * @category Samplers
 */
export interface SamplerStep {
  /** The time of the network evaluation; null for a step without one. */
  readonly t: number | null;
  /** The model input. */
  readonly input: SlotSum;
  /** New values of slots, all computed from the old ones; the other slots keep theirs. */
  readonly update: Readonly<Record<string, SlotSum>>;
}

/**
 * A sampler for one schedule and time grid.
 * @category Samplers
 */
export interface SamplerProgram {
  /** What `model` means in its steps. */
  readonly prediction: Prediction;
  /** In the order in which they run. */
  readonly steps: readonly SamplerStep[];
}

/**
 * Holds slots for a batch of images and runs steps on them.
 * @category Samplers
 */
export interface SamplerMachine {
  /** Number of images in the batch. */
  readonly images: number;
  /** Runs one step for all images, or one (of the same form) for each image. */
  run(step: SamplerStep | readonly SamplerStep[]): Promise<void>;
  /**
   * For each image, the root mean square of `(a - b) / max(absolute, relative max(|b|, |c|))` over
   * its elements, where `a`, `b` and `c` are slots.
   */
  errors(test: ToleranceCheck): Promise<number[]>;
}

/**
 * What {@linkcode SamplerMachine.errors} compares.
 * @category Samplers
 */
export interface ToleranceCheck {
  /** Slot of the better solution. */
  readonly a: string;
  /** Slot of the solution it is compared with. */
  readonly b: string;
  /** Slot of the solution before the step; it and `b` scale the relative tolerance. */
  readonly c: string;
  /** Absolute tolerance. */
  readonly absolute: number;
  /** Relative tolerance. */
  readonly relative: number;
}

/**
 * How a sampler runs on a machine, whether its steps are known beforehand or chosen adaptively.
 * @category Samplers
 */
export interface SamplerMethod {
  /** What `model` means in its steps. */
  readonly prediction: Prediction;
  /** At least one step of every form it takes, so that a machine can prepare for them. */
  readonly forms: readonly SamplerStep[];
  /** Network evaluations; null where the method is adaptive. */
  readonly evaluations: number | null;
  /**
   * Takes the machine's images from noise to the end.
   *
   * @param onStep called after each step with the fraction done, at last 1
   */
  run(machine: SamplerMachine, onStep?: (done: number) => void | Promise<void>): Promise<void>;
}

/**
 * The method that runs the steps of a program in order.
 * @category Samplers
 */
export function programMethod({ prediction, steps }: SamplerProgram): SamplerMethod {
  return {
    prediction,
    forms: steps,
    evaluations: steps.length,
    async run(machine, onStep) {
      for (const [i, step] of steps.entries()) {
        await machine.run(step);
        await onStep?.((i + 1) / steps.length);
      }
    },
  };
}

/** The intervals of a time grid, latest first, each from its start `s` to its end `t`. */
export function intervalsOf(grid: readonly number[]): { s: number; t: number }[] {
  return grid.slice(1).map((t, i) => ({ s: grid[i], t }));
}
