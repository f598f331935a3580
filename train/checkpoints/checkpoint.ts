import { UserError } from "../../engine/user_error.ts";
import { join } from "node:path";
import type { Config } from "../config/config.ts";
import { configSchema } from "../config/config_schema.ts";
import type { DataIdentity } from "../data/data_identity.ts";
import { exists, removeFolder, replaceFolder, writeDurably } from "../files/durable.ts";
import { notFinite } from "../formats/not_finite.ts";
import { decodeSafetensors, encodeSafetensors, SafetensorsError } from "../formats/safetensors.ts";
import { parseDataIdentity } from "./data_identity_text.ts";
import { type LossAverageState, parseLossAverage } from "./loss_average_state.ts";
import { beyondKept, type Exceptions } from "./keep_newest.ts";
import { type LossScale, parseLossScale } from "./loss_scale_state.ts";
import type { StoredTensor } from "../formats/stored_tensor.ts";

/**
 * Arrays by parameter name, row-major.
 * @category Checkpoints
 */
export type Values = Record<string, { shape: number[]; data: Float32Array }>;

/**
 * All that a run needs to resume. The four sets of values have the same names and shapes.
 * @category Checkpoints
 */
export interface Checkpoint {
  /** Optimizer steps done. */
  step: number;
  /** The run's configuration. */
  config: Config;
  /** Weights. */
  nnet: Values;
  /** Exponential moving average of the weights. */
  nnet_ema: Values;
  /** The optimizer's first moments. */
  exp_avg: Values;
  /** The optimizer's second moments. */
  exp_avg_sq: Values;
  /** State of loss scaling, in mixed precision. */
  loss_scale?: LossScale;
  /** Average of the losses so far, which the log goes on with. */
  loss_average?: LossAverageState;
  /** What it was trained on. */
  data?: DataIdentity;
}

/**
 * A checkpoint cannot be read or written; the message names the file and the problem.
 * @category Checkpoints
 */
export class CheckpointError extends UserError {
  /** The class's name. */
  override readonly name: string = "CheckpointError";
}

const FORMAT = "scalelong";
const VERSION = "1";
/** File name of a checkpoint's weights. */
export const NNET = "nnet.safetensors";
/** File name of their moving average. */
export const NNET_EMA = "nnet_ema.safetensors";
const OPTIMIZER = "optimizer.safetensors";
/** Names of all files in a checkpoint's folder. */
export const CHECKPOINT_FILES: readonly string[] = [NNET, NNET_EMA, OPTIMIZER];
const FIRST = "exp_avg.";
const SECOND = "exp_avg_sq.";
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
  checkpoint: Checkpoint,
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
export async function writeCheckpoint(folder: string, checkpoint: Checkpoint): Promise<void> {
  const metadata = checkpointMetadata(checkpoint);
  await replaceFolder(folder, async (saving) => {
    const write = (file: string, tensors: Record<string, StoredTensor>, more = {}) =>
      writeDurably(join(saving, file), encodeSafetensors(tensors, { ...metadata, ...more }));
    await write(NNET, stored(checkpoint.nnet));
    await write(NNET_EMA, stored(checkpoint.nnet_ema));
    await write(OPTIMIZER, {
      ...stored(checkpoint.exp_avg, FIRST),
      ...stored(checkpoint.exp_avg_sq, SECOND),
    }, lossMetadata(checkpoint));
  });
}

/** The metadata of a checkpoint's files. */
export function checkpointMetadata(
  { step, config, data }: Pick<Checkpoint, "step" | "config" | "data">,
): Record<string, string> {
  return {
    format: FORMAT,
    version: VERSION,
    step: String(step),
    seed: String(config.seed),
    config: JSON.stringify(config),
    ...data && { data: JSON.stringify(data) },
  };
}

/**
 * Loads the newest usable checkpoint of a run; null where the run has none. Nothing is deleted.
 *
 * @param options `onSkip` is called for each that cannot be used, with a line that names it and the
 * reason
 * @throws {CheckpointError} where there are checkpoints and none can be used
 * @category Checkpoints
 */
export async function latestCheckpoint(
  workdir: string,
  { onSkip }: { onSkip: (message: string, step: number) => void },
): Promise<Checkpoint | null> {
  const root = join(workdir, "checkpoints");
  if (!await exists(root)) return null;
  const folders = await stepFolders(root);
  for (const { name, step } of folders) {
    const folder = join(root, name);
    try {
      const checkpoint = await loadCheckpoint(folder);
      if (checkpoint.step === step) return checkpoint;
      onSkip(`${folder}: holds step ${checkpoint.step}, not ${step}; skipped`, step);
    } catch (error) {
      if (!(error instanceof CheckpointError)) throw error;
      onSkip(`${error.message}; skipped`, step);
    }
  }
  if (folders.length === 0) return null;
  throw new CheckpointError(
    `${root}: none of its checkpoints can be used; choose another --workdir, or remove that folder ` +
      "to begin anew",
  );
}

/**
 * Loads the checkpoint in a folder.
 *
 * @throws {CheckpointError} where a file is missing, truncated or of another format, a value is not
 * finite, or the files do not belong together
 * @category Checkpoints
 */
export async function loadCheckpoint(folder: string): Promise<Checkpoint> {
  const nnet = await load(join(folder, NNET));
  const nnet_ema = await load(join(folder, NNET_EMA));
  const optimizer = await load(join(folder, OPTIMIZER));
  for (const other of [nnet_ema, optimizer]) {
    if (other.step !== nnet.step || other.config_text !== nnet.config_text) {
      throw new CheckpointError(`${other.file}: was not saved together with ${NNET}`);
    }
  }
  const moments = Object.keys(optimizer.values).length;
  const exp_avg = withPrefix(optimizer.values, FIRST);
  const exp_avg_sq = withPrefix(optimizer.values, SECOND);
  mustMatch(nnet_ema.file, nnet_ema.values, nnet.values);
  mustMatch(optimizer.file, exp_avg, nnet.values);
  mustMatch(optimizer.file, exp_avg_sq, nnet.values);
  if (moments !== 2 * Object.keys(nnet.values).length) {
    throw new CheckpointError(`${optimizer.file}: holds arrays that are not moments`);
  }
  return {
    step: nnet.step,
    config: parseConfig(nnet.file, nnet.config_text),
    nnet: nnet.values,
    nnet_ema: nnet_ema.values,
    exp_avg,
    exp_avg_sq,
    ...storedLosses(optimizer),
    ...storedData(nnet.file, nnet.metadata),
  };
}

/**
 * Step, configuration and data in the metadata of a file; null where another program wrote the file.
 *
 * @throws {CheckpointError} where this version cannot read it
 */
export function savedIn(
  file: string,
  metadata: Readonly<Record<string, string>>,
): Pick<Checkpoint, "step" | "config" | "data"> | null {
  if (metadata.format !== FORMAT) return null;
  return {
    step: stepIn(file, metadata),
    config: parseConfig(file, metadata.config ?? ""),
    ...storedData(file, metadata),
  };
}

/** Folders of a run's checkpoints, newest first. */
export async function checkpointFolders(workdir: string): Promise<string[]> {
  const root = join(workdir, "checkpoints");
  if (!await exists(root)) return [];
  return (await stepFolders(root)).map(({ name }) => join(root, name));
}

interface LoadedFile {
  file: string;
  metadata: Readonly<Record<string, string>>;
  step: number;
  config_text: string;
  values: Values;
}

async function load(file: string): Promise<LoadedFile> {
  const { tensors, metadata } = decode(file, await readBytes(file));
  if (metadata.format !== FORMAT) {
    throw new CheckpointError(`${file}: is not a checkpoint of this program`);
  }
  const step = stepIn(file, metadata);
  const values: Values = {};
  for (const [name, { dtype, shape, data }] of Object.entries(tensors)) {
    if (!(data instanceof Float32Array)) {
      throw new CheckpointError(`${file}: ${name} is ${dtype}, not F32`);
    }
    values[name] = { shape, data };
  }
  mustBeFinite(file, values);
  return { file, metadata, step, config_text: metadata.config ?? "", values };
}

function stepIn(file: string, metadata: Readonly<Record<string, string>>): number {
  if (metadata.version !== VERSION) {
    throw new CheckpointError(
      `${file}: has version ${metadata.version} of the format, and only ${VERSION} can be read`,
    );
  }
  if (!/^\d+$/.test(metadata.step ?? "")) {
    throw new CheckpointError(`${file}: does not say which step it is of`);
  }
  return Number(metadata.step);
}

async function readBytes(file: string): Promise<Uint8Array> {
  try {
    return await Deno.readFile(file);
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) throw new CheckpointError(`${file}: is missing`);
    throw new CheckpointError(`${file}: cannot be read (${(error as Error).message})`);
  }
}

function decode(file: string, bytes: Uint8Array): ReturnType<typeof decodeSafetensors> {
  try {
    return decodeSafetensors(bytes, file);
  } catch (error) {
    if (error instanceof SafetensorsError) throw new CheckpointError(error.message);
    throw error;
  }
}

function parseConfig(file: string, text: string): Config {
  return parsed(file, "configuration", (text) => configSchema.parse(JSON.parse(text)), text);
}

function lossMetadata({ loss_scale, loss_average }: Checkpoint): Record<string, string> {
  return {
    ...loss_scale && { loss_scale: JSON.stringify(loss_scale) },
    ...loss_average && { loss_average: JSON.stringify(loss_average) },
  };
}

/** Loss scale and average; absent where an older version wrote none. */
function storedLosses(
  { file, metadata: { loss_scale, loss_average } }: LoadedFile,
): Pick<Checkpoint, "loss_scale" | "loss_average"> {
  return {
    ...loss_scale !== undefined && {
      loss_scale: parsed(file, "loss scale", parseLossScale, loss_scale),
    },
    ...loss_average !== undefined && {
      loss_average: parsed(file, "loss average", parseLossAverage, loss_average),
    },
  };
}

/** What it was trained on; absent where an older version wrote nothing. */
function storedData(
  file: string,
  { data }: Readonly<Record<string, string>>,
): Pick<Checkpoint, "data"> {
  return data === undefined ? {} : { data: parsed(file, "data", parseDataIdentity, data) };
}

function parsed<T>(file: string, what: string, parse: (text: string) => T, text: string): T {
  try {
    return parse(text);
  } catch {
    throw new CheckpointError(`${file}: its ${what} is unknown to this version`);
  }
}

function stored(values: Values, prefix = ""): Record<string, StoredTensor> {
  const entries = Object.entries(values).map(([name, { shape, data }]) =>
    [prefix + name, { dtype: "F32", shape, data }] as const
  );
  return Object.fromEntries(entries);
}

function withPrefix(values: Values, prefix: string): Values {
  const entries = Object.entries(values)
    .filter(([name]) => name.startsWith(prefix))
    .map(([name, value]) => [name.slice(prefix.length), value]);
  return Object.fromEntries(entries);
}

function mustMatch(file: string, values: Values, nnet: Values): void {
  for (const [name, { shape }] of Object.entries(nnet)) {
    if (String(values[name]?.shape) !== String(shape)) {
      throw new CheckpointError(`${file}: lacks ${name} with shape [${shape}]`);
    }
  }
  const unexpected = Object.keys(values).find((name) => !Object.hasOwn(nnet, name));
  if (unexpected) throw new CheckpointError(`${file}: holds ${unexpected}, which ${NNET} does not`);
}

/** Checks the values of a file. @throws {CheckpointError} naming the first that is not finite */
export function mustBeFinite(file: string, values: Values): void {
  for (const [name, { data }] of Object.entries(values)) {
    const fault = notFinite(name, data);
    if (fault !== null) throw new CheckpointError(`${file}: ${fault}`);
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
