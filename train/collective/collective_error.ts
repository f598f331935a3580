import { UserError } from "../../engine/user_error.ts";

/**
 * Several processes cannot work together: no MPI, another launcher's, a call that failed.
 * @category Training
 */
export class CollectiveError extends UserError {
  /** The class's name. */
  override readonly name: string = "CollectiveError";
}
