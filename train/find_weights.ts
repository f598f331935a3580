import { join } from "node:path";
import { parameterShapes } from "../nets/parameters.ts";
import { uvitParameters } from "../nets/uvit.ts";
import {
  CheckpointError,
  checkpointFolders,
  loadWeightsFile,
  NNET,
  NNET_EMA,
  type Weights,
} from "./checkpoint.ts";
import type { Config } from "./config.ts";

/** Which weights of a checkpoint: their moving average, or as they are. */
export type WeightsKind = "ema" | "nnet";

/**
 * Reads weights from the folder of a run (its newest checkpoint that can be read; each newer one that
 * cannot is told to `onSkip`), from the folder of one checkpoint, or from a file, whose `kind` is its
 * own.
 *
 * @throws {CheckpointError} where there are none, or what was named is damaged
 */
export async function findWeights(
  path: string,
  { kind, onSkip }: { kind: WeightsKind; onSkip: (message: string) => void },
): Promise<Weights> {
  const stat = await Deno.stat(path).catch((error) => {
    if (!(error instanceof Deno.errors.NotFound)) throw error;
    throw new CheckpointError(`${path}: there is no such file or folder`);
  });
  if (!stat.isDirectory) return await loadWeightsFile(path, shapesOf);
  const name = kind === "ema" ? NNET_EMA : NNET;
  const folders = await checkpointFolders(path);
  if (folders.length === 0) return await loadFolder(path, name);
  for (const folder of folders) {
    try {
      return await loadWeightsFile(join(folder, name), shapesOf);
    } catch (error) {
      if (!(error instanceof CheckpointError)) throw error;
      onSkip(`${error.message}; skipped`);
    }
  }
  throw new CheckpointError(`${path}: none of its checkpoints can be read`);
}

/** Weights from the folder of one checkpoint. */
async function loadFolder(folder: string, name: string): Promise<Weights> {
  const names: string[] = [];
  for await (const entry of Deno.readDir(folder)) names.push(entry.name);
  if (names.includes(NNET) || names.includes(NNET_EMA)) {
    return await loadWeightsFile(join(folder, name), shapesOf);
  }
  throw new CheckpointError(
    `${folder}: has no checkpoint; name a run's folder (it has checkpoints/), a checkpoint's ` +
      `(it has ${NNET_EMA}) or a file of weights`,
  );
}

function shapesOf({ nnet }: Config): ReturnType<typeof parameterShapes> {
  return parameterShapes((make) => uvitParameters(nnet, make));
}
