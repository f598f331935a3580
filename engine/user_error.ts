/**
 * An error whose message is all that the person needs: commands print it without a stack.
 * @category Engine
 */
export class UserError extends Error {
  /** The name of the class. */
  override readonly name: string = "UserError";
}
