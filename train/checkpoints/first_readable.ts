import { CheckpointError } from "./checkpoint.ts";
import { WeightsError } from "./fit_weights.ts";

/**
 * Reads the first of some files or folders that can be read, such as the checkpoints of a run,
 * newest first. Another network's is not skipped: those after it will be as well.
 *
 * @param path where they are, for messages
 * @param onSkip called with a line that names each one skipped and the reason
 * @throws {CheckpointError} where none can be read; that of the file itself where there is one alone
 */
export async function firstReadable<C, T>(
  path: string,
  candidates: readonly C[],
  read: (candidate: C) => Promise<T>,
  onSkip: (message: string) => void,
): Promise<T> {
  for (const candidate of candidates) {
    try {
      return await read(candidate);
    } catch (error) {
      if (!(error instanceof CheckpointError) || error instanceof WeightsError) throw error;
      if (candidates.length === 1) throw error;
      onSkip(`${error.message}; skipped`);
    }
  }
  throw new CheckpointError(`${path}: none of its ${candidates.length} checkpoints can be read`);
}
