/** A number with as many digits as a reader needs: `0.05366`, `59.25`, `2.5e-5`. */
export function shortNumber(value: number): string {
  const rounded = Number(value.toPrecision(4));
  const size = Math.abs(rounded);
  if (rounded !== 0 && (size < 1e-3 || size >= 1e6)) {
    return rounded.toExponential().replace("e+", "e");
  }
  return String(rounded);
}

/** A step on an axis: `2500`, `40k`, `1.5M`; empty between whole steps. */
export function stepText(step: number): string {
  if (!Number.isInteger(step)) return "";
  if (step >= 1e6) return `${step / 1e6}M`;
  return step >= 1e4 ? `${step / 1e3}k` : String(step);
}
