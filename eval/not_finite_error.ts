import { UserError } from "../engine/user_error.ts";

/**
 * Images, or what is computed from them, have values that are not finite.
 * @category Samplers
 */
export class NotFiniteError extends UserError {
  /** The name of this class. */
  override readonly name: string = "NotFiniteError";
}

/** Checks the values of image `i`. @throws {NotFiniteError} where one is not finite */
export function mustBeFinite(image: Float32Array, i: number): void {
  if (image.every(Number.isFinite)) return;
  throw new NotFiniteError(
    `image ${i} has values that are no numbers: the weights may be damaged, or guidance too ` +
      "strong",
  );
}
