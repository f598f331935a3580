/** Pictures cannot be measured as asked: too few of them, or of sizes that do not fit. */
export class MeasureError extends Error {
  override readonly name: string = "MeasureError";
}
