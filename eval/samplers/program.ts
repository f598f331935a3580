/**
 * Samplers as linear programs. All they do is ask the network and add multiples of images, with
 * multiples that depend on time alone; so a sampler is a list of steps, worked out beforehand in
 * float64, and whatever can ask a network and add images can carry it out (see
 * {@linkcode SamplerMachine}).
 *
 * @module
 */
import type { NoiseSchedule } from "../../train/diffusion/noise_schedule.ts";
import { type Conversion, type TargetName, TARGETS } from "../../train/diffusion/targets.ts";

/** What a sampler takes the content of a noisy image to be. */
export type Prediction = "noise" | "data";

/**
 * How noise or data at time `t` is made of a noisy image `x = alpha image + sigma noise` and what a
 * network predicts of it.
 *
 * @param from what is predicted
 * @param to what is made of it
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
 * A sum of multiples: coefficients by slot. A slot is a named image that lasts over steps; `x` is
 * the one that becomes the result, and the others begin as zeros. In what a step sets, `model` stands
 * for the prediction just made and `noise` for fresh standard normal numbers.
 */
export type SlotSum = Readonly<Record<string, number>>;

/** One step: the network is asked once, then slots get new values. */
export interface SamplerStep {
  /** The time the network is asked at; null for a step that only sets slots. */
  readonly t: number | null;
  /** What the network is shown. */
  readonly look: SlotSum;
  /** New values, all worked out from the old ones; the other slots keep theirs. */
  readonly set: Readonly<Record<string, SlotSum>>;
}

/** A sampler for one schedule and time grid. */
export interface SamplerProgram {
  /** What `model` means in its steps. */
  readonly prediction: Prediction;
  readonly steps: readonly SamplerStep[];
}

/** Something that holds slots for a batch of images and carries steps out on them. */
export interface SamplerMachine {
  /** Images in the batch. */
  readonly images: number;
  /** Carries out a step, for all images, or one (of the same form) for each image. */
  run(step: SamplerStep | readonly SamplerStep[]): Promise<void>;
  /**
   * For each image, the root mean square of `(a - b) / max(absolute, relative max(|b|, |c|))` over
   * its elements; `a`, `b`, `c` are slots.
   */
  errors(test: ToleranceCheck): Promise<number[]>;
}

/** What {@linkcode SamplerMachine.errors} compares. */
export interface ToleranceCheck {
  readonly a: string;
  readonly b: string;
  readonly c: string;
  readonly absolute: number;
  readonly relative: number;
}

/** A way to carry a sampler out on a machine, be its steps known beforehand or found on the way. */
export interface SamplerMethod {
  /** What `model` means in its steps. */
  readonly prediction: Prediction;
  /** Steps of every form that it takes; a machine prepares itself for these. */
  readonly forms: readonly SamplerStep[];
  /** Network evaluations; null where they are found on the way. */
  readonly evaluations: number | null;
  /** Takes the machine's images from noise to the end. @param onStep told the share done, to 1 */
  run(machine: SamplerMachine, onStep?: (done: number) => void | Promise<void>): Promise<void>;
}

/** All steps of a program, one after another. */
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

/** Neighbours of a time grid, latest first: where a step starts and where it ends. */
export function intervalsOf(grid: readonly number[]): { s: number; t: number }[] {
  return grid.slice(1).map((t, i) => ({ s: grid[i], t }));
}
