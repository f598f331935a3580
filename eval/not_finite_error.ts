/** Pictures, or figures taken of them, have values that are no numbers. */
export class NotFiniteError extends Error {
  override readonly name: string = "NotFiniteError";
}

/** @throws {NotFiniteError} where picture `i` has a value that is no number */
export function mustBeFinite(picture: Float32Array, i: number): void {
  if (picture.every(Number.isFinite)) return;
  throw new NotFiniteError(
    `picture ${i} has values that are no numbers: the weights may be damaged, or guidance too ` +
      "strong",
  );
}
