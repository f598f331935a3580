import {
  type Checkpoint,
  CheckpointError,
  loadOfAnyRun,
  mustBeFinite,
  type Values,
} from "./checkpoint.ts";
import type { RunConfig } from "../config/autoencoder_run_config.ts";
import { findCheckpoints, type FoundCheckpoint } from "./find_checkpoint.ts";
import { weightsFiles } from "./find_weights.ts";
import { firstReadable } from "./first_readable.ts";
import { fitWeights, misfits, mustFit, prefixNote } from "./fit_weights.ts";
import { readPytorchCheckpoint } from "./pytorch_checkpoint.ts";
import { resumeConflicts } from "../config/resume_conflicts.ts";
import { UsageError } from "../config/usage_error.ts";
import { firstValues, shapesOf } from "./network_shapes.ts";
import { openWeights } from "./weights_file.ts";

/** Shows the user a message. */
export type Note = (message: string) => void;

/** How a run resumes from a checkpoint. */
export interface ResumeOptions {
  /** What to do instead where it cannot, for the error. */
  readonly otherwise: string;
  /** Shows what is not known, or skipped. */
  readonly note: Note;
}

/**
 * Loads a checkpoint of this program or of the PyTorch implementation, or the newest usable one of a
 * run, for a new run to resume from.
 *
 * @throws {CheckpointError} where it cannot be read or is another network's
 * @throws {UsageError} where it was trained with settings that a resumed run cannot change
 */
export async function checkpointToResumeFrom<C extends RunConfig>(
  path: string,
  config: C,
  options: ResumeOptions,
): Promise<Checkpoint<C>> {
  const found = await findCheckpoints(path, options.otherwise);
  return await firstReadable(path, found, (one) => resumable(one, config, options), options.note);
}

async function resumable<C extends RunConfig>(
  { folder, pytorch }: FoundCheckpoint,
  config: C,
  { otherwise, note }: ResumeOptions,
): Promise<Checkpoint<C>> {
  if (!pytorch) return withoutConflict(folder, await loadOfAnyRun(folder), config, otherwise);
  const { optimizer, ...rest } = await readPytorchCheckpoint(folder, shapesOf(config), note);
  const known = Object.keys(optimizer).join(", ") || "none";
  note(`${folder} is PyTorch's: of its settings only the optimizer's are known (${known})`);
  return { ...rest, config: { ...config, optimizer: { ...config.optimizer, ...optimizer } } };
}

/**
 * Checks that a run with the `requested` configuration may resume from a checkpoint.
 *
 * @param otherwise the alternative to name in the error
 * @throws {UsageError} with a line for each setting that a resumed run cannot change
 */
export function mustNotConflict(
  source: string,
  saved: RunConfig,
  requested: RunConfig,
  otherwise: string,
): void {
  const conflicts = resumeConflicts(saved, requested);
  if (conflicts.length === 0) return;
  throw new UsageError([
    `${source} was trained with other settings; ${otherwise}, or take these back:`,
    ...conflicts,
  ]);
}

/**
 * A checkpoint that a run with the `requested` configuration may resume from.
 *
 * @throws {UsageError} as {@linkcode mustNotConflict}
 */
export function withoutConflict<C extends RunConfig>(
  source: string,
  checkpoint: Checkpoint<RunConfig>,
  requested: C,
  otherwise: string,
): Checkpoint<C> {
  mustNotConflict(source, checkpoint.config, requested, otherwise);
  // Of the same network: its configuration is of the same type.
  return checkpoint as Checkpoint<C>;
}

/** How a run starts from weights. */
export interface WeightsOptions {
  /** Take what fits the network, where not all does. */
  readonly partial: boolean;
  /** Shows what was taken, and what was not. */
  readonly note: Note;
}

/**
 * The checkpoint that starts a run from weights: step 0, with the weights also as their average,
 * and zero moments. With `partial`, parameters that the file lacks or has in another shape are
 * newly initialised, and `note` lists them.
 *
 * @throws {CheckpointError} where the weights cannot be read or are not finite, or do not fit and
 * `partial` is not set
 */
export async function checkpointFromWeights<C extends RunConfig>(
  path: string,
  config: C,
  options: WeightsOptions,
): Promise<Checkpoint<C>> {
  const files = await weightsFiles(path, "ema");
  return await firstReadable(
    path,
    files,
    (file) => fromWeights(file, config, options),
    options.note,
  );
}

async function fromWeights<C extends RunConfig>(
  file: string,
  config: C,
  { partial, note }: WeightsOptions,
): Promise<Checkpoint<C>> {
  using weights = await openWeights(file, "ema");
  const shapes = shapesOf(config);
  const fit = fitWeights(weights.shapes, shapes);
  if (!partial) mustFit(fit, file);
  const taken = weights.values(fit.names);
  mustBeFinite(file, taken);
  const total = Object.keys(shapes).length;
  note([
    `weights from ${file}: ${fit.names.size} of ${total} tensors taken`,
    ...weights.notes,
    ...prefixNote(fit, file),
    ...(partial ? misfits(fit) : []),
  ].join("\n"));
  if (fit.names.size === 0) {
    throw new CheckpointError(`${file}: holds nothing that fits this network`);
  }

  const first = fit.names.size < total ? firstValues(config) : {};
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
