import { UserError } from "../../engine/user_error.ts";

/** A folder that the user named cannot be read or written. */
export class FolderError extends UserError {
  override readonly name: string = "FolderError";
}

/**
 * Does `work` in a folder that was given by `flag`.
 *
 * @throws {FolderError} where the system refuses access
 */
export async function inFolder<T>(
  folder: string,
  flag: string,
  work: () => Promise<T>,
): Promise<T> {
  try {
    return await work();
  } catch (error) {
    if (!(error instanceof Error && "code" in error)) throw error;
    throw new FolderError(`${folder}: cannot be used (${error.message}); choose another ${flag}`);
  }
}
