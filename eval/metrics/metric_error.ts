import { UserError } from "../../engine/user_error.ts";

/**
 * A metric cannot be computed: there are too few images, or their sizes do not match.
 * @category Metrics
 */
export class MetricError extends UserError {
  /** The name of this class. */
  override readonly name: string = "MetricError";
}
