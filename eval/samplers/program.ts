/**
 * Samplers as linear programs. All they do is ask the network and add multiples of pictures, with
 * multiples that depend on time alone; so a sampler is a list of steps, worked out beforehand in
 * float64, and whatever can ask a network and add pictures can carry it out (see
 * {@linkcode Machine}).
 *
 * @module
 */

/** What a network, or a program, takes the content of a noisy picture to be. */
export type Prediction = "noise" | "data";

/**
 * A sum of multiples: coefficients by slot. A slot is a named picture that lasts over steps; `x` is
 * the one that becomes the result. In what a step sets, `model` stands for the prediction just made
 * and `noise` for fresh standard normal numbers.
 */
export type Sum = Readonly<Record<string, number>>;

/** One step: the network is asked once, then slots get new values. */
export interface Step {
  /** The time the network is asked at; null for a step that only sets slots. */
  readonly t: number | null;
  /** What the network is shown. */
  readonly look: Sum;
  /** New values, all worked out from the old ones; the other slots keep theirs. */
  readonly set: Readonly<Record<string, Sum>>;
}

/** A sampler for one schedule and time grid. */
export interface Program {
  /** What `model` means in its steps. */
  readonly prediction: Prediction;
  readonly steps: readonly Step[];
}

/** Something that holds slots for a batch of pictures and carries steps out on them. */
export interface Machine {
  /** Pictures in the batch. */
  readonly pictures: number;
  /** Carries out a step, for all pictures, or one (of the same form) for each picture. */
  run(step: Step | readonly Step[]): Promise<void>;
  /**
   * For each picture, the root mean square of `(a - b) / max(absolute, relative max(|b|, |c|))` over
   * its elements; `a`, `b`, `c` are slots.
   */
  errors(test: ErrorTest): Promise<number[]>;
}

/** What {@linkcode Machine.errors} compares. */
export interface ErrorTest {
  readonly a: string;
  readonly b: string;
  readonly c: string;
  readonly absolute: number;
  readonly relative: number;
}

/** Carries out all steps of a program. */
export async function runProgram(machine: Machine, { steps }: Program): Promise<void> {
  for (const step of steps) await machine.run(step);
}

/** Neighbours of a time grid, latest first: where a step starts and where it ends. */
export function intervalsOf(grid: readonly number[]): { s: number; t: number }[] {
  return grid.slice(1).map((t, i) => ({ s: grid[i], t }));
}
