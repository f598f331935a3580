import { join } from "node:path";
import { isAutoencoderRun, type RunConfig } from "../config/autoencoder_run_config.ts";
import { parseRunConfig } from "../config/run_schema.ts";
import { exists, removeFolder, replaceFolder, writeDurably } from "../files/durable.ts";
import {
  type Checkpoint,
  CheckpointError,
  decodeCheckpoint,
  encodeCheckpoint,
  isOurs,
  type MetadataParsers,
  type NamedBytes,
  savedStep,
} from "./checkpoint_files.ts";
import { parseDataIdentity } from "./data_identity_text.ts";
import { beyondKept, type Exceptions } from "./keep_newest.ts";
import { parseLossAverage } from "./loss_average_state.ts";
import { parseLossScale } from "./loss_scale_state.ts";

export {
  type Checkpoint,
  CHECKPOINT_FILES,
  CheckpointError,
  checkpointMetadata,
  mustBeFinite,
  NNET,
  NNET_EMA,
  type Values,
} from "./checkpoint_files.ts";

const PARSERS: MetadataParsers<RunConfig> = {
  config: (text) => parseRunConfig(JSON.parse(text)),
  loss_scale: parseLossScale,
  loss_average: parseLossAverage,
  data: parseDataIdentity,
};

/** Folders that a killed save may leave behind. */
const LEFTOVER = /^\.(saving|removing)-/;
/** A checkpoint's folder; the suffix marks one that is being replaced by another of its step. */
const STEP_FOLDER = /^(\d+)(\.replaced)?$/;

/** The folder of a run's checkpoint of `step`. */
export function checkpointFolder(workdir: string, step: number): string {
  return join(workdir, "checkpoints", String(step));
}

/**
 * Saves a checkpoint atomically, then removes all but the `keep` newest up to its step, with
 * `exceptions`. Only one save at a time.
 *
 * @param keep default: as the checkpoint's configuration says
 * @returns the checkpoint's folder
 * @throws {CheckpointError} where it cannot be written, as on a full disk
 * @category Checkpoints
 */
export async function saveCheckpoint(
  workdir: string,
  checkpoint: Checkpoint<RunConfig>,
  keep: number = checkpoint.config.train.keep,
  exceptions: Exceptions = {},
): Promise<string> {
  const root = join(workdir, "checkpoints");
  const folder = checkpointFolder(workdir, checkpoint.step);
  try {
    await Deno.mkdir(root, { recursive: true });
    await removeLeftovers(root);
    await writeCheckpoint(folder, checkpoint);
    const older = (await stepFolders(root)).filter(({ step }) => step <= checkpoint.step);
    for (const { name } of beyondKept(older, keep, exceptions)) {
      await removeFolder(join(root, name));
    }
  } catch (error) {
    if (!(error instanceof Error && "code" in error)) throw error;
    throw new CheckpointError(`${folder}: cannot be saved (${error.message})`);
  }
  return folder;
}

/** Writes a checkpoint as a folder, atomically, replacing one that exists. */
export async function writeCheckpoint(
  folder: string,
  checkpoint: Checkpoint<RunConfig>,
): Promise<void> {
  await replaceFolder(folder, async (saving) => {
    for (const [name, bytes] of encodeCheckpoint(checkpoint)) {
      await writeDurably(join(saving, name), bytes);
    }
  });
}

/** What is called for each checkpoint that cannot be used, with a line that names it and the reason. */
interface LatestOptions {
  readonly onSkip: (message: string, step: number) => void;
}

/**
 * Loads the newest usable checkpoint of a run; null where the run has none. Nothing is deleted.
 *
 * @param options `onSkip` is called for each that cannot be used, with a line that names it and the
 * reason
 * @throws {CheckpointError} where there are checkpoints and none can be used, or they are an
 * autoencoder's
 * @category Checkpoints
 */
export async function latestCheckpoint(
  workdir: string,
  options: { onSkip: (message: string, step: number) => void },
): Promise<Checkpoint | null> {
  const latest = await latestOfAnyRun(workdir, options);
  return latest && ofDiffusion(latest, workdir);
}

/** The same for a run of any network. */
export async function latestOfAnyRun(
  workdir: string,
  { onSkip }: LatestOptions,
): Promise<Checkpoint<RunConfig> | null> {
  const root = join(workdir, "checkpoints");
  if (!await exists(root)) return null;
  const folders = await stepFolders(root);
  for (const { name, step } of folders) {
    const folder = join(root, name);
    try {
      const checkpoint = await loadOfAnyRun(folder);
      if (checkpoint.step === step) return checkpoint;
      onSkip(`${folder}: holds step ${checkpoint.step}, not ${step}; skipped`, step);
    } catch (error) {
      if (!(error instanceof CheckpointError)) throw error;
      onSkip(`${error.message}; skipped`, step);
    }
  }
  if (folders.length === 0) return null;
  throw new CheckpointError(
    `${root}: none of its checkpoints can be used; choose another workdir, or remove that folder ` +
      "to begin anew",
  );
}

/**
 * Loads the checkpoint in a folder.
 *
 * @throws {CheckpointError} where a file is missing, truncated or of another format, a value is not
 * finite, the files do not belong together, or they are an autoencoder's
 * @category Checkpoints
 */
export async function loadCheckpoint(folder: string): Promise<Checkpoint> {
  return ofDiffusion(await loadOfAnyRun(folder), folder);
}

/** The same of any network. */
export async function loadOfAnyRun(folder: string): Promise<Checkpoint<RunConfig>> {
  return await decodeCheckpoint((name) => readBytes(join(folder, name)), PARSERS);
}

/**
 * Step, configuration and data in the metadata of a file; null where another program wrote the file.
 *
 * @throws {CheckpointError} where this version cannot read it
 */
export function savedIn(
  file: string,
  metadata: Readonly<Record<string, string>>,
): Pick<Checkpoint<RunConfig>, "step" | "config" | "data"> | null {
  return isOurs(metadata) ? savedStep(file, metadata, PARSERS) : null;
}

/** Folders of a run's checkpoints, newest first. */
export async function checkpointFolders(workdir: string): Promise<string[]> {
  const root = join(workdir, "checkpoints");
  if (!await exists(root)) return [];
  return (await stepFolders(root)).map(({ name }) => join(root, name));
}

async function readBytes(file: string): Promise<NamedBytes> {
  try {
    return { file, bytes: await Deno.readFile(file) };
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) throw new CheckpointError(`${file}: is missing`);
    throw new CheckpointError(`${file}: cannot be read (${(error as Error).message})`);
  }
}

/** The checkpoints of a run, newest first. */
async function stepFolders(root: string): Promise<{ name: string; step: number }[]> {
  const folders: { name: string; step: number }[] = [];
  for await (const { name } of Deno.readDir(root)) {
    const match = STEP_FOLDER.exec(name);
    if (match) folders.push({ name, step: Number(match[1]) });
  }
  return folders.sort((a, b) => b.step - a.step || a.name.length - b.name.length);
}

async function removeLeftovers(root: string): Promise<void> {
  for await (const { name } of Deno.readDir(root)) {
    if (LEFTOVER.test(name)) await Deno.remove(join(root, name), { recursive: true });
  }
}

/** What to do with the checkpoint of an autoencoder where a diffusion model's is needed. */
export function autoencoderRefusal(path: string): string {
  return `${path}: is an autoencoder and draws nothing by itself; a diffusion model of its latents ` +
    "does, trained with dataset.name=features";
}

/** @throws {CheckpointError} where a checkpoint is an autoencoder's */
function ofDiffusion(checkpoint: Checkpoint<RunConfig>, path: string): Checkpoint {
  const { config, ...rest } = checkpoint;
  if (isAutoencoderRun(config)) throw new CheckpointError(autoencoderRefusal(path));
  return { ...rest, config };
}
