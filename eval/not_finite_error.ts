/** Pictures came out with values that are no numbers. */
export class NotFiniteError extends Error {
  override readonly name: string = "NotFiniteError";
}
