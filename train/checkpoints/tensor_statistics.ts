import { type StoredTensor, toFloat64 } from "../formats/stored_tensor.ts";

/** Statistics of an array's finite numbers; null where there are none. */
export interface TensorStatistics {
  /** The smallest. */
  readonly min: number | null;
  /** The largest. */
  readonly max: number | null;
  /** Their mean. */
  readonly mean: number | null;
  /** Their standard deviation, without Bessel's correction. */
  readonly std: number | null;
  /** The number of infinite or NaN values, which the others leave out. */
  readonly not_finite: number;
}

/** Statistics of an array, in float64. @param pieces yields its values, each time it is called */
export function tensorStatistics(pieces: () => Iterable<StoredTensor>): TensorStatistics {
  let [min, max, sum, count, not_finite] = [Infinity, -Infinity, 0, 0, 0];
  for (const piece of pieces()) {
    for (const value of toFloat64(piece)) {
      if (!Number.isFinite(value)) {
        not_finite++;
        continue;
      }
      if (value < min) min = value;
      if (value > max) max = value;
      sum += value;
      count++;
    }
  }
  if (count === 0) return { min: null, max: null, mean: null, std: null, not_finite };
  const mean = sum / count;
  let squares = 0;
  for (const piece of pieces()) {
    for (const value of toFloat64(piece)) {
      if (Number.isFinite(value)) squares += (value - mean) ** 2;
    }
  }
  return { min, max, mean, std: Math.sqrt(squares / count), not_finite };
}
