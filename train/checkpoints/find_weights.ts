import { basename, dirname, join } from "node:path";
import { networkFromShapes } from "../../nets/network_from_shapes.ts";
import { openTokens } from "../../nets/uvit_from_shapes.ts";
import {
  autoencoderRefusal,
  CheckpointError,
  checkpointFolders,
  NNET,
  NNET_EMA,
  savedIn,
} from "./checkpoint.ts";
import { isAutoencoderRun } from "../config/autoencoder_run_config.ts";
import type { Config } from "../config/config.ts";
import type { DataIdentity } from "../data/data_identity.ts";
import { exists } from "../files/durable.ts";
import { firstReadable } from "./first_readable.ts";
import { fitWeights, mustFit, prefixNote, type Shapes, WeightsError } from "./fit_weights.ts";
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

/**
 * Weights that were found, and their network.
 * @category Checkpoints
 */
export interface Weights {
  /** The file, for messages. */
  readonly file: string;
  /** Which weights, where the file has several. */
  readonly kind: WeightsKind;
  /** All files that hold them: several where the file is an index. */
  readonly files: readonly string[];
  /** Optimizer steps behind them; null where unknown. */
  readonly step: number | null;
  /** The configuration of their network. */
  readonly config: Config;
  /** What they were trained on; null where unknown. */
  readonly data: DataIdentity | null;
}

/**
 * Options of {@linkcode findWeights}.
 * @category Checkpoints
 */
export interface FindOptions {
  /** Which weights, where there are several. */
  readonly kind: WeightsKind;
  /** Called with a line for each unreadable checkpoint of a run, for a choice between
   * weights in a file, and for a prefix taken off keys. */
  readonly onNote: (message: string) => void;
  /** The configuration of weights that come without one. */
  readonly config?: Config | null;
  /** What errors say is to be done about {@linkcode FindOptions.config}; default: of that name. */
  readonly remedies?: NetworkRemedies;
}

/**
 * What is to be done about the configuration of weights.
 * @category Checkpoints
 */
export interface NetworkRemedies {
  /** Where weights have none, and none is given. */
  readonly missing: string;
  /** Where weights have one, and one is given. */
  readonly twice: string;
}

/**
 * Finds weights in the folder of a run (its newest readable checkpoint), in a checkpoint's folder,
 * of this program or of the PyTorch implementation, or in a file.
 *
 * @throws {CheckpointError} where there are none, they are damaged or not finite, or do not fit the
 * network
 * @throws {UsageError} where neither `config` nor the files have a configuration, or both do
 * @category Checkpoints
 */
export async function findWeights(path: string, options: FindOptions): Promise<Weights> {
  const files = await weightsFiles(path, options.kind);
  return await firstReadable(path, files, (file) => weightsIn(file, options), options.onNote);
}

/** Opens weights and checks that they are complete and finite. @throws {CheckpointError} */
async function weightsIn(
  file: string,
  { kind, config: given, onNote, remedies }: FindOptions,
): Promise<Weights> {
  using weights = await openWeights(file, kind);
  const saved = savedIn(file, weights.metadata);
  const config = saved?.config ?? given;
  if (config && isAutoencoderRun(config)) throw new WeightsError(autoencoderRefusal(file));
  if (!config) throw new UsageError(unknownNetwork(file, weights.shapes, remedies));
  if (saved && given) throw new UsageError(namesItself(file, remedies));
  const fit = fitWeights(weights.shapes, shapesOf(config));
  mustFit(fit, file);
  weights.mustBeFinite(fit.names);
  [...weights.notes, ...prefixNote(fit, file)].forEach(onNote);
  const step = saved ? saved.step : await stepNextTo(file);
  return { file, kind, files: weights.files, step, config, data: saved?.data ?? null };
}

/**
 * The files that may hold the weights, best first.
 *
 * @throws {CheckpointError} where there are none
 */
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

const REMEDIES: NetworkRemedies = {
  missing: "give it as { config }, of configure(), say",
  twice: "leave { config } out",
};

/** The error for weights without a configuration, with what their shapes reveal of it. */
export function unknownNetwork(
  file: string,
  shapes: Shapes,
  { missing } = REMEDIES,
): string {
  const network = networkFromShapes(shapes);
  const unknown = network.name === "unet"
    ? "img_size, attn_resolutions, kappa"
    : "num_heads, kappa";
  const tokens = openTokens(shapes);
  const known = Object.entries(network)
    .map(([key, value]) => `nnet.${key}=${value}`).join(" ");
  return `${file}: does not say what its network is; ${missing}` +
    (known === ""
      ? ""
      : ` (its shapes say ${known}; they do not determine ${unknown}${
        tokens ? `, nor what is open in ${tokens}` : ""
      })`);
}

/** The error for a network that is named twice. */
export function namesItself(file: string, { twice } = REMEDIES): string {
  return `${file}: names its own network; ${twice}`;
}

/** The step of a file in a PyTorch checkpoint's folder; null for any other file. */
export async function stepNextTo(file: string): Promise<number | null> {
  const folder = dirname(file);
  const inFolder = [NNET_PTH, NNET_EMA_PTH].includes(basename(file));
  return inFolder && await hasPytorchStep(folder) ? await readPytorchStep(folder) : null;
}
