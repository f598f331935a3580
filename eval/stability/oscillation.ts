import { runningMeans } from "./running_means.ts";

/** How far a series moves within a window. */
export interface Oscillation {
  /** The smallest value. */
  readonly lowest: number;
  /** The largest value. */
  readonly highest: number;
  /** The mean of the values. */
  readonly mean: number;
  /** `highest - lowest`. */
  readonly range: number;
  /** The range over the mean. */
  readonly relative: number;
  /**
   * The largest distance from the running mean of a tenth of the window, over the mean: what is left
   * of the range without slow growth.
   */
  readonly swing: number;
}

/** Steps at the start that are left out, as a fraction: norms grow there whatever the method. */
export const SETTLING = 0.2;

/**
 * The oscillation range of a training curve: its largest minus its smallest value, the first fifth
 * of the steps left out. The range of feature norms is what ScaleLong's figures compare; the window
 * is ours. Steps without a finite value, null, are passed over. Takes time linear in the length.
 */
export function oscillation(series: readonly (number | null)[]): Oscillation {
  const window = series.slice(Math.floor(SETTLING * series.length)).filter((v) => v !== null);
  let [lowest, highest, total] = [Infinity, -Infinity, 0];
  for (const value of window) {
    lowest = Math.min(lowest, value);
    highest = Math.max(highest, value);
    total += value;
  }
  const mean = total / window.length;
  const range = highest - lowest;
  const reach = Math.max(1, Math.floor(window.length / 20));
  const means = runningMeans(window, { before: reach, after: reach });
  let farthest = -Infinity;
  for (const [i, value] of window.entries()) {
    farthest = Math.max(farthest, Math.abs(value - means[i]!));
  }
  return { lowest, highest, mean, range, relative: range / mean, swing: farthest / mean };
}
