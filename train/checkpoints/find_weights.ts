import { basename, dirname, join } from "node:path";
import { networkFromShapes } from "../../nets/network_from_shapes.ts";
import { CheckpointError, checkpointFolders, NNET, NNET_EMA, savedIn } from "./checkpoint.ts";
import type { Config } from "../config/config.ts";
import { exists } from "../formats/durable.ts";
import { fitWeights, mustFit, type Shapes } from "./fit_weights.ts";
import {
  hasPytorchStep,
  isPytorchCheckpoint,
  NNET_EMA_PTH,
  NNET_PTH,
  pytorchCheckpoints,
  readPytorchStep,
} from "./pytorch_checkpoint.ts";
import { UsageError } from "../config/usage_error.ts";
import { shapesOf } from "./network_shapes.ts";
import { openWeights, type WeightsKind } from "./weights_file.ts";

/** Where weights are, and the network that they are of. */
export interface Weights {
  /** What was found, for people. */
  readonly file: string;
  /** Which weights, where the file has several. */
  readonly kind: WeightsKind;
  /** All files that they are in. */
  readonly files: readonly string[];
  /** Optimizer steps behind them; null where nothing tells. */
  readonly step: number | null;
  readonly config: Config;
}

/** How weights are looked for. */
export interface FindOptions {
  readonly kind: WeightsKind;
  /** Told of each checkpoint of a run that cannot be read, in a line that says why. */
  readonly onSkip: (message: string) => void;
  /** The network of weights that come without a configuration. */
  readonly config?: Config | null;
}

/**
 * Finds weights in the folder of a run (its newest checkpoint that can be read), in the folder of one
 * checkpoint, of this program or the PyTorch implementation, or in a file, whose `kind` is its own.
 *
 * @throws {CheckpointError} where there are none, what was named is damaged, or they are not those of
 * the network
 * @throws {UsageError} where no configuration is given and the files have none, or both have one
 */
export async function findWeights(path: string, options: FindOptions): Promise<Weights> {
  const candidates = await weightsFiles(path, options.kind);
  for (const file of candidates) {
    try {
      return await weightsIn(file, options);
    } catch (error) {
      if (!(error instanceof CheckpointError) || candidates.length === 1) throw error;
      options.onSkip(`${error.message}; skipped`);
    }
  }
  throw new CheckpointError(`${path}: none of its checkpoints can be read`);
}

/** Opens weights and sees that all of them are there. @throws {CheckpointError} */
async function weightsIn(file: string, { kind, config: given }: FindOptions): Promise<Weights> {
  using weights = await openWeights(file, kind);
  const saved = savedIn(file, weights.metadata);
  const config = saved?.config ?? given;
  if (!config) throw new UsageError(unknownNetwork(file, weights.shapes));
  if (saved && given) throw new UsageError(namesItself(file));
  mustFit(fitWeights(weights.shapes, shapesOf(config)), file);
  const step = saved ? saved.step : await stepNextTo(file);
  return { file, kind, files: weights.files, step, config };
}

/** The files that may hold the weights, best first. */
export async function weightsFiles(path: string, kind: WeightsKind): Promise<string[]> {
  const stat = await Deno.stat(path).catch((error) => {
    if (!(error instanceof Deno.errors.NotFound)) throw error;
    throw new CheckpointError(`${path}: there is no such file or folder`);
  });
  if (!stat.isDirectory) return [path];
  const [ours, theirs] = kind === "ema" ? [NNET_EMA, NNET_EMA_PTH] : [NNET, NNET_PTH];
  const folders = await checkpointFolders(path);
  if (folders.length > 0) return folders.map((folder) => join(folder, ours));
  if (await exists(join(path, NNET)) || await exists(join(path, NNET_EMA))) {
    return [join(path, ours)];
  }
  if (await isPytorchCheckpoint(path)) return [join(path, theirs)];
  const pytorch = await pytorchCheckpoints(path);
  if (pytorch.length > 0) return pytorch.map((folder) => join(folder, theirs));
  throw new CheckpointError(
    `${path}: has no checkpoint; name a run's folder (it has checkpoints/), a checkpoint's ` +
      `(it has ${NNET_EMA} or ${NNET_EMA_PTH}) or a file of weights`,
  );
}

/** The line for a network that only the person can name; shapes tell a part of it. */
export function unknownNetwork(file: string, shapes: Shapes): string {
  const network = networkFromShapes(shapes);
  const untold = network.name === "unet" ? "img_size, attn_resolutions, kappa" : "num_heads, kappa";
  const known = Object.entries(network)
    .map(([key, value]) => `--nnet.${key}=${value}`).join(" ");
  return `${file}: does not say what its network is; give --preset or --config, and the --nnet ` +
    `and --process settings that differ` +
    (known === "" ? "" : ` (its shapes say ${known}; they do not tell ${untold})`);
}

/** The line for a network that is named twice. */
export function namesItself(file: string): string {
  return `${file}: says itself what its network is; leave --preset, --config, --nnet and --process out`;
}

/** The step that a file in PyTorch's checkpoint folder is of; null for any other. */
export async function stepNextTo(file: string): Promise<number | null> {
  const folder = dirname(file);
  const inFolder = [NNET_PTH, NNET_EMA_PTH].includes(basename(file));
  return inFolder && await hasPytorchStep(folder) ? await readPytorchStep(folder) : null;
}
