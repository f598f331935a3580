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
 * is ours. Steps without a finite value, null, are passed over.
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
  const swing = Math.max(...distances(window)) / mean;
  return { lowest, highest, mean, range, relative: range / mean, swing };
}

/** How far each value is from the mean of its neighbours, a tenth of all values around it. */
function distances(values: readonly number[]): number[] {
  const reach = Math.max(1, Math.floor(values.length / 20));
  return values.map((value, i) => {
    const around = values.slice(Math.max(0, i - reach), i + reach + 1);
    return Math.abs(value - around.reduce((sum, v) => sum + v, 0) / around.length);
  });
}
