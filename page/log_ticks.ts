/** Multiples of the powers of ten that ticks may be at, the sparsest that suffice are taken. */
const STEPS = [[1], [1, 3], [1, 2, 5], [1, 1.5, 2, 3, 4, 5, 7]];
const ENOUGH = 3;
const MOST = 8;

/** Ticks of a logarithmic axis from `low` to `high`: round numbers, few enough to be labelled. */
export function logTicks(low: number, high: number): number[] {
  let ticks: number[] = [];
  for (const multiples of STEPS) {
    ticks = [];
    for (let power = Math.floor(Math.log10(low)); power <= Math.ceil(Math.log10(high)); power++) {
      // Exact, as 3 * 10 ** -1 is not 0.3.
      ticks.push(...multiples.map((multiple) => Number(`${multiple}e${power}`)));
    }
    ticks = ticks.filter((tick) => tick >= low && tick <= high);
    if (ticks.length >= ENOUGH) break;
  }
  const every = Math.ceil(ticks.length / MOST);
  return ticks.filter((_, i) => i % every === 0);
}
