import { join } from "node:path";
import { CheckpointError, checkpointFolders, NNET } from "./checkpoint.ts";
import { exists } from "../files/durable.ts";
import { isPytorchCheckpoint, NNET_PTH, pytorchCheckpoints } from "./pytorch_checkpoint.ts";
import { UsageError } from "../config/usage_error.ts";

/** A checkpoint that was found. */
export interface FoundCheckpoint {
  /** Its folder. */
  readonly folder: string;
  /** Whether it is in the PyTorch implementation's format. */
  readonly pytorch: boolean;
}

/**
 * Finds the checkpoint of a path: the folder itself, or those of a run's folder, newest first.
 *
 * @param otherwise what to do with a file, which has weights at most, for the error
 * @throws {CheckpointError} where there is none
 * @throws {UsageError} where the path is a file
 */
export async function findCheckpoints(
  path: string,
  otherwise: string,
): Promise<readonly FoundCheckpoint[]> {
  const stat = await Deno.stat(path).catch((error) => {
    if (!(error instanceof Deno.errors.NotFound)) throw error;
    throw new CheckpointError(`${path}: there is no such folder`);
  });
  if (!stat.isDirectory) {
    throw new UsageError(
      `${path}: is a file, and a checkpoint is a folder, with the optimizer's moments; ${otherwise}`,
    );
  }
  const found = (folders: readonly string[], pytorch: boolean) =>
    folders.map((folder) => ({ folder, pytorch }));
  const ours = await checkpointFolders(path);
  if (ours.length > 0) return found(ours, false);
  if (await exists(join(path, NNET))) return found([path], false);
  if (await isPytorchCheckpoint(path)) return found([path], true);
  const theirs = await pytorchCheckpoints(path);
  if (theirs.length > 0) return found(theirs, true);
  throw new CheckpointError(
    `${path}: has no checkpoint; name a run's folder (it has checkpoints/ or ckpts/) or a ` +
      `checkpoint's (it has ${NNET} or ${NNET_PTH})`,
  );
}
