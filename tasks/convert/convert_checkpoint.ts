import { dirname } from "node:path";
import {
  type Checkpoint,
  CheckpointError,
  checkpointFolders,
  loadCheckpoint,
  writeCheckpoint,
} from "../../train/checkpoint.ts";
import type { Config } from "../../train/config.ts";
import { shapesOf } from "../../train/network_shapes.ts";
import {
  isPytorchCheckpoint,
  pytorchCheckpoints,
  readPytorchCheckpoint,
  writePytorchCheckpoint,
} from "../../train/pytorch_checkpoint.ts";
import { UsageError } from "../../train/usage_error.ts";

/** How a checkpoint is converted. */
export interface ConvertCheckpointOptions {
  readonly kind: "checkpoint" | "pytorch_checkpoint";
  readonly dtype: string | null;
  /** The network of a checkpoint that does not name its own. */
  readonly config: Config | null;
}

/**
 * Writes a checkpoint folder as another, moments included; returns a line that says what was done.
 *
 * @throws {UsageError} for what cannot be asked of it
 * @throws {CheckpointError} where it cannot be read or is of another network
 */
export async function convertCheckpoint(
  from: string,
  to: string,
  { kind, dtype, config }: ConvertCheckpointOptions,
): Promise<string> {
  if (dtype !== null) throw new UsageError("--dtype: a checkpoint is kept in f32; leave it out");
  const stat = await Deno.stat(from).catch(() => null);
  if (stat === null) throw new CheckpointError(`${from}: there is no such file or folder`);
  if (!stat.isDirectory) {
    throw new UsageError(
      `${to}: a checkpoint needs the optimizer's moments, which ${from} lacks; ` +
        "name a file, or start a run with deno task train --init-from",
    );
  }
  const checkpoint = await read(from, config);
  await Deno.mkdir(dirname(to), { recursive: true });
  await (kind === "checkpoint" ? writeCheckpoint : writePytorchCheckpoint)(to, checkpoint);
  const tensors = Object.keys(checkpoint.nnet).length;
  return `Left ${to}: step ${checkpoint.step}, ${tensors} parameters with averages and moments`;
}

async function read(from: string, config: Config | null): Promise<Checkpoint> {
  const [ours] = await checkpointFolders(from);
  const [theirs = from] = await pytorchCheckpoints(from);
  if (ours !== undefined || !await isPytorchCheckpoint(theirs)) {
    return await loadCheckpoint(ours ?? from);
  }
  if (config === null) {
    throw new UsageError(
      `${theirs}: does not say what its network is; give --preset or --config, and the --nnet ` +
        "settings that differ",
    );
  }
  const { optimizer, ...rest } = await readPytorchCheckpoint(theirs, shapesOf(config));
  return { ...rest, config: { ...config, optimizer: { ...config.optimizer, ...optimizer } } };
}
