/**
 * The mean of the values around each of a series, from `before` earlier to `after` later ones, in
 * time linear in its length. Steps without a value, null, are passed over; null where all are.
 */
export function runningMeans(
  series: readonly (number | null)[],
  { before, after }: { readonly before: number; readonly after: number },
): (number | null)[] {
  const sums = new Float64Array(series.length + 1);
  const counts = new Uint32Array(series.length + 1);
  for (const [i, value] of series.entries()) {
    sums[i + 1] = sums[i] + (value ?? 0);
    counts[i + 1] = counts[i] + (value === null ? 0 : 1);
  }
  return series.map((_, i) => {
    const start = Math.max(0, i - before);
    const end = Math.min(series.length, i + after + 1);
    const count = counts[end] - counts[start];
    return count === 0 ? null : (sums[end] - sums[start]) / count;
  });
}
