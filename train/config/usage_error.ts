import { UserError } from "../../engine/user_error.ts";

/**
 * A request that cannot be met as given: one line per problem, with the setting, the reason and the
 * remedy.
 * @category Configuration
 */
export class UsageError extends UserError {
  /** The name of the class. */
  override readonly name: string = "UsageError";
  /** One line for each problem. */
  readonly problems: readonly string[];

  /** An error whose message is the lines of `problems` joined. */
  constructor(problems: string | readonly string[]) {
    const lines = typeof problems === "string" ? [problems] : problems;
    super(lines.join("\n"));
    this.problems = lines;
  }
}
