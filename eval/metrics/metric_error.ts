import { UserError } from "../../engine/user_error.ts";

/** Images cannot be measured as asked: too few of them, or of sizes that do not fit. */
export class MetricError extends UserError {
  override readonly name: string = "MetricError";
}
