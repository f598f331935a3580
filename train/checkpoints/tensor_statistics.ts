import { type StoredTensor, toFloat64 } from "../formats/stored_tensor.ts";

/** What the numbers of an array are like; null where none of them is finite. */
export interface TensorStatistics {
  readonly min: number | null;
  readonly max: number | null;
  readonly mean: number | null;
  /** Of the numbers as they are, not of a population that they are drawn from. */
  readonly std: number | null;
  /** How many are infinite or NaN; the others make the figures above. */
  readonly not_finite: number;
}

/** Statistics of an array, in float64. @param pieces gives its values from first to last, each time */
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
