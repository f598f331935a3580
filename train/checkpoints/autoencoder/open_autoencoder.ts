import { basename, dirname, join } from "node:path";
import { autoencoderFromShapes } from "../../../nets/autoencoder_from_shapes.ts";
import {
  type AutoencoderConfig,
  autoencoderParameters,
  STABLE_DIFFUSION_AUTOENCODER,
} from "../../../nets/autoencoder_parameters.ts";
import { parameterShapes } from "../../../nets/parameters.ts";
import { exists } from "../../files/durable.ts";
import { readJson } from "../../files/json_file.ts";
import { isRecord } from "../../formats/is_record.ts";
import type { StoredTensor } from "../../formats/stored_tensor.ts";
import {
  type AutoencoderRunConfig,
  isAutoencoderRun,
} from "../../config/autoencoder_run_config.ts";
import { checkpointFolders, savedIn } from "../checkpoint.ts";
import { CheckpointError, NNET_EMA } from "../checkpoint_files.ts";
import { firstReadable } from "../first_readable.ts";
import { type Shapes, WeightsError } from "../fit_weights.ts";
import { knownNetwork } from "../known_network.ts";
import { openWeights, type WeightsFile } from "../weights_file.ts";
import { type AutoencoderKeys, fromDiffusers } from "./autoencoder_keys.ts";
import type { AutoencoderWeights } from "./autoencoder_weights.ts";

/**
 * An open file with an autoencoder's weights.
 * @category Checkpoints
 */
export interface AutoencoderFile extends AutoencoderWeights, Disposable {
  /** The file that was opened. */
  readonly file: string;
  /** Whose names it has. */
  readonly keys: AutoencoderKeys;
  /** Names in the file, by the reference's. */
  readonly names: ReadonlyMap<string, string>;
  /** The number of arrays and values in the file that are not the autoencoder's. */
  readonly others: number;
  /** The configuration of the run that trained it, where this program did; else null. */
  readonly run: AutoencoderRunConfig | null;
  /** Lines on what was chosen. */
  readonly notes: readonly string[];
  /** Reads an array by the reference's name, in the reference's shape, as it is stored. */
  read(name: string): StoredTensor;
  /**
   * SHA-256 of the weights in float32 by the reference's names, hexadecimal: the same for every form
   * of a file that has the same values.
   */
  sha256(): string;
}

/** What the shapes of a file, by name, say of the autoencoder in it. */
export interface FoundAutoencoder {
  /** Its configuration; shapes do not determine the scale factor. */
  readonly config: Omit<AutoencoderConfig, "scale_factor">;
  /** Whose names it has. */
  readonly keys: AutoencoderKeys;
  /** What its names begin with in the file; often empty. */
  readonly prefix: string;
  /** Names in the file, by the reference's, of all that begin with the prefix. */
  readonly names: ReadonlyMap<string, string>;
}

/** diffusers' file of weights in a folder. */
export const DIFFUSERS_FILE = "diffusion_pytorch_model.safetensors";
const FILES = [DIFFUSERS_FILE, "diffusion_pytorch_model.fp16.safetensors"];
/** Where people get one. */
export const AUTOENCODER_SOURCES: string =
  "Stable Diffusion's is vae/diffusion_pytorch_model.safetensors in its repositories " +
  "on huggingface.co, and autoencoder_kl.pth among U-ViT's files";

/**
 * Opens an autoencoder: `autoencoder_kl.pth`, a checkpoint of Stable Diffusion (of which only the
 * autoencoder is read), diffusers' folder `vae` or the file in it, or the folder of a run that trained
 * one, whose newest readable checkpoint is taken. Its configuration is read from shapes; the scale
 * factor from diffusers' `config.json` or the file's metadata, else it is 0.18215.
 *
 * @param options.scale_factor in place of the file's
 * @throws {CheckpointError} in one line, where there is none, or something else
 * @category Checkpoints
 */
export async function openAutoencoder(
  path: string,
  { scale_factor }: { readonly scale_factor?: number } = {},
): Promise<AutoencoderFile> {
  const files = await filesOf(path);
  const skipped: string[] = [];
  const onSkip = (message: string) => skipped.push(message);
  const { notes, ...opened } = await firstReadable(
    path,
    files,
    (file) => openFile(file, scale_factor),
    onSkip,
  );
  return { ...opened, notes: [...skipped, ...notes] };
}

/** Opens the autoencoder in a file. */
async function openFile(file: string, scale_factor?: number): Promise<AutoencoderFile> {
  const weights = await openWeights(file, "ema");
  try {
    const found = findAutoencoder(weights.shapes);
    if (!found) throw new WeightsError(refusal(file, weights.shapes));
    const { config, keys, names } = found;
    mustFit(file, weights.shapes, found);
    const stored = await storedFactor(file, weights);
    const notes = stored ?? scale_factor ? [] : [
      `${file}: has no scale factor; took ${STABLE_DIFFUSION_AUTOENCODER.scale_factor}, Stable ` +
      "Diffusion's",
    ];
    const shapes = shapesOf(config);
    const ours = new Map(Object.keys(shapes).map((name) => [name, names.get(name)!]));
    const read = (name: string) => ({
      ...weights.read(names.get(name)!),
      shape: [...shapes[name]],
    });
    return {
      file,
      config: {
        ...config,
        scale_factor: scale_factor ?? stored ?? STABLE_DIFFUSION_AUTOENCODER.scale_factor,
      },
      keys,
      names: ours,
      run: runOf(file, weights),
      others: weights.others + Object.keys(weights.shapes).length - Object.keys(shapes).length,
      notes: [...weights.notes, ...notes],
      read,
      sha256: () => weights.digest(ours, shapes),
      load: (state) =>
        weights.load(state, new Map(state.names.map((name) => [name, names.get(name)!]))),
      [Symbol.dispose]: () => weights[Symbol.dispose](),
    };
  } catch (error) {
    weights[Symbol.dispose]();
    throw error;
  }
}

/**
 * The files of a path, the best first: a folder's is diffusers', its own or that of `vae` in it, or
 * those of a run's checkpoints.
 */
async function filesOf(path: string): Promise<string[]> {
  const stat = await Deno.stat(path).catch((error) => {
    if (!(error instanceof Deno.errors.NotFound)) throw error;
    throw new CheckpointError(`${path}: there is no such autoencoder; ${AUTOENCODER_SOURCES}`);
  });
  if (!stat.isDirectory) return [path];
  for (const folder of [path, join(path, "vae")]) {
    for (const file of FILES) if (await exists(join(folder, file))) return [join(folder, file)];
  }
  const checkpoints = await checkpointFolders(path);
  if (checkpoints.length > 0) return checkpoints.map((folder) => join(folder, NNET_EMA));
  if (await exists(join(path, NNET_EMA))) return [join(path, NNET_EMA)];
  throw new CheckpointError(
    `${path}: has neither ${DIFFUSERS_FILE} nor the checkpoints of a run; ${AUTOENCODER_SOURCES}`,
  );
}

/** The autoencoder among a file's arrays, complete or not; null where there is none. */
export function findAutoencoder(shapes: Shapes): FoundAutoencoder | null {
  for (const key of Object.keys(shapes)) {
    // Both have this name for it; a network of diffusers has it without a half before.
    const prefix = /^(.*?)(en|de)coder\.conv_in\.weight$/.exec(key)?.[1];
    if (prefix === undefined) continue;
    const own = Object.keys(shapes).filter((name) =>
      name.startsWith(prefix) && !name.startsWith(`${prefix}loss.`)
    );
    const levels = levelsOf(own);
    const keys = own.some((name) => name.includes(".mid_block.")) ? "diffusers" : "reference";
    const names = new Map(own.map((name) => {
      const inner = name.slice(prefix.length);
      return [keys === "diffusers" ? fromDiffusers(inner, levels) : inner, name];
    }));
    const config = autoencoderFromShapes(
      Object.fromEntries([...names].map(([reference, name]) => [reference, shapes[name]])),
    );
    if (config) return { config, keys, prefix, names };
  }
  return null;
}

function levelsOf(names: readonly string[]): number {
  const numbers = names.map((name) => Number(/coder\.(?:up|down)_blocks\.(\d+)\./.exec(name)?.[1]));
  return Math.max(-1, ...numbers.filter((n) => !Number.isNaN(n))) + 1;
}

function shapesOf(config: Omit<AutoencoderConfig, "scale_factor">): Shapes {
  return parameterShapes((make) => autoencoderParameters({ ...config, scale_factor: 1 }, make));
}

/** @throws {CheckpointError} for the first array that is missing, unknown or of another shape */
function mustFit(file: string, inFile: Shapes, { config, names }: FoundAutoencoder): void {
  const expected = shapesOf(config);
  const fail = (problem: string) =>
    new CheckpointError(`${file}: is no autoencoder of Stable Diffusion's kind: it ${problem}`);
  for (const [name, shape] of Object.entries(expected)) {
    const found = names.get(name);
    if (found === undefined) throw fail(`lacks ${name} [${shape}]`);
    if (withoutOnes(inFile[found]) !== withoutOnes(shape)) {
      throw fail(`has ${found} as [${inFile[found]}], not [${shape}]`);
    }
  }
  for (const [name, found] of names) {
    if (!Object.hasOwn(expected, name)) throw fail(`has ${found} [${inFile[found]}]`);
  }
}

/** diffusers' attention has matrices for the reference's 1 x 1 convolutions. */
function withoutOnes(shape: readonly number[]): string {
  const last = shape.findLastIndex((n) => n !== 1);
  return String(shape.slice(0, last + 1));
}

function refusal(file: string, shapes: Shapes): string {
  const known = knownNetwork(shapes);
  return `${file}: has no autoencoder of Stable Diffusion's kind (AutoencoderKL)` +
    (known === null ? "" : `: it is ${known}`);
}

/** The configuration in the metadata of a checkpoint of ours. */
function runOf(file: string, { metadata }: WeightsFile): AutoencoderRunConfig | null {
  const config = savedIn(file, metadata)?.config;
  return config && isAutoencoderRun(config) ? config : null;
}

/** The scale factor that is stored with weights. */
async function storedFactor(file: string, { metadata }: WeightsFile): Promise<number | null> {
  const fromFile = Number(metadata.scale_factor);
  if (fromFile > 0) return fromFile;
  if (!basename(file).startsWith("diffusion_pytorch_model")) return null;
  const config = await readJson(join(dirname(file), "config.json"));
  const factor = isRecord(config) ? Number(config.scaling_factor) : NaN;
  return factor > 0 ? factor : null;
}
