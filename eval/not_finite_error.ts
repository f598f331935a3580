import { UserError } from "../engine/user_error.ts";

/** Images, or figures taken of them, have values that are no numbers. */
export class NotFiniteError extends UserError {
  override readonly name: string = "NotFiniteError";
}

/** @throws {NotFiniteError} where image `i` has a value that is no number */
export function mustBeFinite(image: Float32Array, i: number): void {
  if (image.every(Number.isFinite)) return;
  throw new NotFiniteError(
    `image ${i} has values that are no numbers: the weights may be damaged, or guidance too ` +
      "strong",
  );
}
