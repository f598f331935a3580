import { UserError } from "../../engine/user_error.ts";

/**
 * What a person asked for cannot be done as asked: one line per problem, each saying what, where
 * and what to do.
 */
export class UsageError extends UserError {
  override readonly name: string = "UsageError";
  /** One line for each problem. */
  readonly problems: readonly string[];

  /** `problems`: one line for each; the message is these lines joined. */
  constructor(problems: string | readonly string[]) {
    const lines = typeof problems === "string" ? [problems] : problems;
    super(lines.join("\n"));
    this.problems = lines;
  }
}
