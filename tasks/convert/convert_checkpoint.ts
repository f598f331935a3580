import { join } from "node:path";
import {
  type Checkpoint,
  loadCheckpoint,
  writeCheckpoint,
} from "../../train/checkpoints/checkpoint.ts";
import type { Config } from "../../train/config/config.ts";
import { findCheckpoint } from "../../train/checkpoints/find_checkpoint.ts";
import { namesItself, unknownNetwork } from "../../train/checkpoints/find_weights.ts";
import { shapesOf } from "../../train/checkpoints/network_shapes.ts";
import {
  NNET_PTH,
  readPytorchCheckpoint,
  writePytorchCheckpoint,
} from "../../train/checkpoints/pytorch_checkpoint.ts";
import { UsageError } from "../../train/config/usage_error.ts";
import { openWeights } from "../../train/checkpoints/weights_file.ts";
import { writeOutput } from "./write_output.ts";

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
  const { folder, pytorch } = await findCheckpoint(from);
  const checkpoint = pytorch ? await readOfPytorch(folder, config) : await readOwn(folder, config);
  const write = kind === "checkpoint" ? writeCheckpoint : writePytorchCheckpoint;
  await writeOutput(to, () => write(to, checkpoint));
  const tensors = Object.keys(checkpoint.nnet).length;
  const done =
    `Left ${to}: step ${checkpoint.step}, ${tensors} parameters with averages and moments`;
  return pytorch && kind === "checkpoint"
    ? `${done}; what PyTorch keeps none of (batch, data set ...) is the preset's or the config's`
    : done;
}

async function readOwn(folder: string, config: Config | null): Promise<Checkpoint> {
  if (config !== null) throw new UsageError(namesItself(folder));
  return await loadCheckpoint(folder);
}

async function readOfPytorch(folder: string, config: Config | null): Promise<Checkpoint> {
  if (config === null) {
    using weights = await openWeights(join(folder, NNET_PTH), "nnet");
    throw new UsageError(unknownNetwork(folder, weights.shapes));
  }
  const { optimizer, ...rest } = await readPytorchCheckpoint(folder, shapesOf(config));
  return { ...rest, config: { ...config, optimizer: { ...config.optimizer, ...optimizer } } };
}
