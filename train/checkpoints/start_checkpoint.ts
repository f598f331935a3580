import { initialize } from "../../nets/parameters.ts";
import { networkParameters } from "../../nets/network.ts";
import { type Checkpoint, CheckpointError, loadCheckpoint, type Values } from "./checkpoint.ts";
import type { Config } from "../config/config.ts";
import { findCheckpoint } from "./find_checkpoint.ts";
import { weightsFiles } from "./find_weights.ts";
import { fitWeights, misfits, mustFit } from "./fit_weights.ts";
import { readPytorchCheckpoint } from "./pytorch_checkpoint.ts";
import { resumeConflicts } from "../config/resume_conflicts.ts";
import { UsageError } from "../config/usage_error.ts";
import { shapesOf } from "./network_shapes.ts";
import { openWeights } from "./weights_file.ts";

/** Tells the person something. */
type Note = (message: string) => void;

/**
 * A checkpoint of this program or of the PyTorch implementation, or the newest of a run, to go on
 * from in a new run.
 *
 * @throws {CheckpointError} where it cannot be read or is of another network
 * @throws {UsageError} where it was trained with settings that make it another run
 */
export async function checkpointToGoOnFrom(
  path: string,
  config: Config,
  note: Note,
): Promise<Checkpoint> {
  const { folder, pytorch } = await findCheckpoint(path);
  if (!pytorch) {
    const checkpoint = await loadCheckpoint(folder);
    mustNotConflict(folder, checkpoint.config, config, "start from its weights by --init-from");
    return checkpoint;
  }
  const { optimizer, ...rest } = await readPytorchCheckpoint(folder, shapesOf(config));
  for (const [key, value] of Object.entries(optimizer)) {
    const wanted = config.optimizer[key as keyof typeof optimizer];
    if (String(wanted) === String(value)) continue;
    note(`${folder} was trained with --optimizer.${key}=${value}; this run has ${wanted}`);
  }
  return { ...rest, config };
}

/**
 * @param otherwise what else may be done
 * @throws {UsageError} where a checkpoint's settings would make a run that goes on another one
 */
export function mustNotConflict(
  source: string,
  saved: Config,
  wanted: Config,
  otherwise: string,
): void {
  const conflicts = resumeConflicts(saved, wanted);
  if (conflicts.length === 0) return;
  throw new UsageError([
    `${source} was trained with other settings; ${otherwise}, or take these back:`,
    ...conflicts,
  ]);
}

/**
 * The start of a run from weights: they are its weights and their average, at step 0. With
 * `partial`, parameters that the file does not have in the right shape get first values, and `note`
 * is told which.
 *
 * @throws {CheckpointError} where they cannot be read, or do not fit and `partial` is not set
 */
export async function checkpointFromWeights(
  path: string,
  config: Config,
  { partial, note }: { partial: boolean; note: Note },
): Promise<Checkpoint> {
  const [file] = await weightsFiles(path, "ema");
  using weights = await openWeights(file, "ema");
  const shapes = shapesOf(config);
  const fit = fitWeights(weights.shapes, shapes);
  if (!partial) mustFit(fit, file);
  const taken = weights.values(fit.names);
  const total = Object.keys(shapes).length;
  note([
    `weights from ${file}: ${fit.names.size} of ${total} tensors taken`,
    ...(partial ? misfits(fit) : []),
  ].join("\n"));
  if (fit.names.size === 0) {
    throw new CheckpointError(`${file}: holds nothing that fits this network`);
  }

  const first = fit.names.size < total
    ? initialize((make) => networkParameters(config.nnet, make), config.seed)
    : {};
  const values = (data: (name: string) => Float32Array): Values =>
    Object.fromEntries(
      Object.entries(shapes).map((
        [name, shape],
      ) => [name, { shape: [...shape], data: data(name) }]),
    );
  const nnet = values((name) => taken[name]?.data ?? first[name]);
  const zeros = values((name) => new Float32Array(nnet[name].data.length));
  return { step: 0, config, nnet, nnet_ema: nnet, exp_avg: zeros, exp_avg_sq: zeros };
}
