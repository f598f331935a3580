/** Pictures, or figures taken of them, have values that are no numbers. */
export class NotFiniteError extends Error {
  override readonly name: string = "NotFiniteError";
}
