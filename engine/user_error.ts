/** An error whose message is all that the person needs: commands print it without a stack. */
export class UserError extends Error {
  override readonly name: string = "UserError";
}
