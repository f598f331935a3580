/** Images cannot be measured as asked: too few of them, or of sizes that do not fit. */
export class MetricError extends Error {
  override readonly name: string = "MetricError";
}
