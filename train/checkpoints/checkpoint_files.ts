import { UserError } from "../../engine/user_error.ts";
import type { RunConfig } from "../config/autoencoder_run_config.ts";
import type { Config } from "../config/config.ts";
import type { DataIdentity } from "../data/data_identity.ts";
import { notFinite } from "../formats/not_finite.ts";
import { decodeSafetensors, encodeSafetensors, SafetensorsError } from "../formats/safetensors.ts";
import type { StoredTensor } from "../formats/stored_tensor.ts";
import type { LossAverageState } from "./loss_average_state.ts";
import type { LossScale } from "./loss_scale_state.ts";

/**
 * Arrays by parameter name, row-major.
 * @category Checkpoints
 */
export type Values = Record<string, { shape: number[]; data: Float32Array }>;

/**
 * All that a run needs to resume. The four sets of values have the same names and shapes.
 * @category Checkpoints
 */
export interface Checkpoint<C extends RunConfig = Config> {
  /** Optimizer steps done. */
  step: number;
  /** The run's configuration. */
  config: C;
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
  /** Of an autoencoder: what its latents are to be multiplied by, for a diffusion model of them. */
  scale_factor?: number;
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
/** Names of all files of a checkpoint. */
export const CHECKPOINT_FILES: readonly string[] = [NNET, NNET_EMA, OPTIMIZER];
const FIRST = "exp_avg.";
const SECOND = "exp_avg_sq.";

/** The bytes of a checkpoint's file, and what to call it in an error. */
export interface NamedBytes {
  /** Its path, or what it is called elsewhere. */
  readonly file: string;
  /** Its content. */
  readonly bytes: Uint8Array;
}

/** How a host parses the texts in a checkpoint's metadata; each throws where it cannot. */
export interface MetadataParsers<C extends RunConfig = Config> {
  /** The whole configuration. */
  config(text: string): C;
  /** State of loss scaling. */
  loss_scale(text: string): LossScale;
  /** State of the average of the losses. */
  loss_average(text: string): LossAverageState;
  /** What it was trained on. */
  data(text: string): DataIdentity;
}

/** The files of a checkpoint by name, encoded one after another: in memory is one at a time. */
export function* encodeCheckpoint(
  checkpoint: Checkpoint<RunConfig>,
): Generator<readonly [name: string, bytes: Uint8Array<ArrayBuffer>]> {
  const metadata = checkpointMetadata(checkpoint);
  yield [NNET, encodeSafetensors(stored(checkpoint.nnet), metadata)];
  yield [NNET_EMA, encodeSafetensors(stored(checkpoint.nnet_ema), metadata)];
  const moments = {
    ...stored(checkpoint.exp_avg, FIRST),
    ...stored(checkpoint.exp_avg_sq, SECOND),
  };
  yield [OPTIMIZER, encodeSafetensors(moments, { ...metadata, ...lossMetadata(checkpoint) })];
}

/**
 * Reads a checkpoint, wherever its files are.
 *
 * @param read the bytes of one of {@linkcode CHECKPOINT_FILES}, asked for one after another
 * @throws {CheckpointError} where a file is truncated or of another format, a value is not finite,
 * or the files do not belong together
 */
export async function decodeCheckpoint<C extends RunConfig>(
  read: (name: string) => Promise<NamedBytes>,
  parsers: MetadataParsers<C>,
): Promise<Checkpoint<C>> {
  const nnet = decodeFile(await read(NNET));
  const nnet_ema = decodeFile(await read(NNET_EMA));
  const optimizer = decodeFile(await read(OPTIMIZER));
  for (const other of [nnet_ema, optimizer]) {
    if (other.step !== nnet.step || other.metadata.config !== nnet.metadata.config) {
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
    ...savedStep(nnet.file, nnet.metadata, parsers),
    nnet: nnet.values,
    nnet_ema: nnet_ema.values,
    exp_avg,
    exp_avg_sq,
    ...savedLosses(optimizer, parsers),
  };
}

/** The metadata of a checkpoint's files. */
export function checkpointMetadata(
  { step, config, data, scale_factor }: Pick<
    Checkpoint<RunConfig>,
    "step" | "config" | "data" | "scale_factor"
  >,
): Record<string, string> {
  return {
    format: FORMAT,
    version: VERSION,
    step: String(step),
    seed: String(config.seed),
    config: JSON.stringify(config),
    ...data && { data: JSON.stringify(data) },
    ...scale_factor !== undefined && { scale_factor: String(scale_factor) },
  };
}

/** Whether a file's metadata say that it is of a checkpoint of this program. */
export function isOurs({ format }: Readonly<Record<string, string>>): boolean {
  return format === FORMAT;
}

/**
 * Step, configuration and data in the metadata of a checkpoint's file.
 *
 * @throws {CheckpointError} where this version cannot read it
 */
export function savedStep<C extends RunConfig>(
  file: string,
  metadata: Readonly<Record<string, string>>,
  parsers: Pick<MetadataParsers<C>, "config" | "data">,
): Pick<Checkpoint<C>, "step" | "config" | "data"> {
  const { config = "", data } = metadata;
  return {
    step: stepIn(file, metadata),
    config: parsed(file, "configuration", parsers.config, config),
    ...data !== undefined && { data: parsed(file, "data", parsers.data, data) },
  };
}

/** Checks the values of a file. @throws {CheckpointError} naming the first that is not finite */
export function mustBeFinite(file: string, values: Values): void {
  for (const [name, { data }] of Object.entries(values)) {
    const fault = notFinite(name, data);
    if (fault !== null) throw new CheckpointError(`${file}: ${fault}`);
  }
}

interface DecodedFile {
  readonly file: string;
  readonly metadata: Readonly<Record<string, string>>;
  readonly step: number;
  readonly values: Values;
}

function decodeFile({ file, bytes }: NamedBytes): DecodedFile {
  const { tensors, metadata } = decode(file, bytes);
  if (!isOurs(metadata)) throw new CheckpointError(`${file}: is not a checkpoint of this program`);
  const step = stepIn(file, metadata);
  const values: Values = {};
  for (const [name, { dtype, shape, data }] of Object.entries(tensors)) {
    if (!(data instanceof Float32Array)) {
      throw new CheckpointError(`${file}: ${name} is ${dtype}, not F32`);
    }
    values[name] = { shape, data };
  }
  mustBeFinite(file, values);
  return { file, metadata, step, values };
}

function decode(file: string, bytes: Uint8Array): ReturnType<typeof decodeSafetensors> {
  try {
    return decodeSafetensors(bytes, file);
  } catch (error) {
    if (error instanceof SafetensorsError) throw new CheckpointError(error.message);
    throw error;
  }
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

function lossMetadata({ loss_scale, loss_average }: Checkpoint<RunConfig>): Record<string, string> {
  return {
    ...loss_scale && { loss_scale: JSON.stringify(loss_scale) },
    ...loss_average && { loss_average: JSON.stringify(loss_average) },
  };
}

/** Loss scale and average; absent where an older version wrote none. */
function savedLosses(
  { file, metadata: { loss_scale, loss_average } }: DecodedFile,
  parsers: MetadataParsers<RunConfig>,
): Pick<Checkpoint, "loss_scale" | "loss_average"> {
  return {
    ...loss_scale !== undefined && {
      loss_scale: parsed(file, "loss scale", parsers.loss_scale, loss_scale),
    },
    ...loss_average !== undefined && {
      loss_average: parsed(file, "loss average", parsers.loss_average, loss_average),
    },
  };
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
