import { counted } from "../../engine/counted.ts";
import { join } from "node:path";
import {
  type Checkpoint,
  loadCheckpoint,
  writeCheckpoint,
} from "../../train/checkpoints/checkpoint.ts";
import type { Config } from "../../train/config/config.ts";
import { findCheckpoints } from "../../train/checkpoints/find_checkpoint.ts";
import { firstReadable } from "../../train/checkpoints/first_readable.ts";
import { namesItself, unknownNetwork } from "../../train/checkpoints/find_weights.ts";
import { shapesOf } from "../../train/checkpoints/network_shapes.ts";
import {
  NNET_PTH,
  readPytorchCheckpoint,
  writePytorchCheckpoint,
} from "../../train/checkpoints/pytorch_checkpoint.ts";
import { UsageError } from "../../train/config/usage_error.ts";
import { openWeights } from "../../train/checkpoints/weights_file.ts";
import { NETWORK_REMEDIES } from "../cli/network_flags.ts";
import { writeOutput } from "./write_output.ts";

/** Options of {@linkcode convertCheckpoint}. */
export interface ConvertCheckpointOptions {
  /** The format to write. */
  readonly kind: "checkpoint" | "pytorch_checkpoint";
  /** The `--dtype` flag, which must be null. */
  readonly dtype: string | null;
  /** The configuration for a checkpoint that comes without one. */
  readonly config: Config | null;
}

/**
 * Converts a checkpoint folder to another format, moments included.
 *
 * @returns what was skipped and what was written, a line each
 * @throws {UsageError} where the flags do not apply
 * @throws {CheckpointError} where it cannot be read or is another network's
 */
export async function convertCheckpoint(
  from: string,
  to: string,
  { kind, dtype, config }: ConvertCheckpointOptions,
): Promise<string> {
  if (dtype !== null) throw new UsageError("--dtype: a checkpoint is stored in f32; leave it out");
  const notes: string[] = [];
  const { checkpoint, pytorch } = await firstReadable(
    from,
    await findCheckpoints(from, "convert it to a file"),
    async ({ folder, pytorch }) => {
      const read = pytorch ? readOfPytorch : readOwn;
      return { checkpoint: await read(folder, config), pytorch };
    },
    (message) => notes.push(message),
  );
  const write = kind === "checkpoint" ? writeCheckpoint : writePytorchCheckpoint;
  await writeOutput(to, () => write(to, checkpoint));
  const tensors = Object.keys(checkpoint.nnet).length;
  const left = `Left ${to}: step ${checkpoint.step}, ${
    counted(tensors, "parameter")
  } with averages and moments`;
  const done = [...notes, left].join("\n");
  return pytorch && kind === "checkpoint"
    ? `${done}; what PyTorch does not store (batch, data set ...) is the preset's or the config's`
    : done;
}

async function readOwn(folder: string, config: Config | null): Promise<Checkpoint> {
  if (config !== null) throw new UsageError(namesItself(folder, NETWORK_REMEDIES));
  return await loadCheckpoint(folder);
}

async function readOfPytorch(folder: string, config: Config | null): Promise<Checkpoint> {
  if (config === null) {
    using weights = await openWeights(join(folder, NNET_PTH), "nnet");
    throw new UsageError(unknownNetwork(folder, weights.shapes, NETWORK_REMEDIES));
  }
  const { optimizer, ...rest } = await readPytorchCheckpoint(folder, shapesOf(config));
  return { ...rest, config: { ...config, optimizer: { ...config.optimizer, ...optimizer } } };
}
