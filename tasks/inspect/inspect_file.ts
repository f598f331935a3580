import { join } from "node:path";
import { CheckpointError, checkpointFolders, savedIn } from "../../train/checkpoints/checkpoint.ts";
import type { RunConfig } from "../../train/config/autoencoder_run_config.ts";
import type { DataIdentity } from "../../train/data/data_identity.ts";
import { elements, isStoredDtype } from "../../train/formats/stored_tensor.ts";
import type { ListedDtype } from "../../train/formats/listed_dtype.ts";
import {
  findAutoencoder,
  type FoundAutoencoder,
} from "../../train/checkpoints/autoencoder/open_autoencoder.ts";
import { pytorchCheckpoints } from "../../train/checkpoints/pytorch_checkpoint.ts";
import {
  kindOfFile,
  openTensorFile,
  type TensorFileKind,
} from "../../train/checkpoints/tensor_file.ts";
import {
  type TensorStatistics,
  tensorStatistics,
} from "../../train/checkpoints/tensor_statistics.ts";

/** An array of a file. */
export interface InspectedTensor extends Omit<TensorStatistics, "not_finite"> {
  /** The number of infinite or NaN values; null, as the others, for a type that is only listed. */
  readonly not_finite: number | null;
  /** Its name; nested ones are joined with dots. */
  readonly name: string;
  /** Its element type. */
  readonly dtype: ListedDtype;
  /** Its shape. */
  readonly shape: readonly number[];
}

/** What a file holds. */
export interface Inspection {
  /** Its path. */
  readonly file: string;
  /** Its format. */
  readonly kind: TensorFileKind;
  /** Total number of values in the arrays. */
  readonly numbers: number;
  /** Optimizer steps, in a checkpoint of ours. */
  readonly step: number | null;
  /** The configuration, in a checkpoint of ours. */
  readonly config: RunConfig | null;
  /** What was trained on, in a checkpoint of ours that says so. */
  readonly data: DataIdentity | null;
  /** Strings about the file. */
  readonly metadata: Readonly<Record<string, string>>;
  /** The other values of a `.pth`; numbers beyond 2^53 as strings. */
  readonly values: Readonly<Record<string, null | boolean | number | string>>;
  /** The autoencoder of latents that is among the arrays. */
  readonly autoencoder: InspectedAutoencoder | null;
  /** The arrays. */
  readonly tensors: readonly InspectedTensor[];
}

/** What shapes and names say of an autoencoder. */
export interface InspectedAutoencoder extends Pick<FoundAutoencoder, "config" | "keys"> {
  /** Number of its parameters in the file. */
  readonly parameters: number;
}

/** Bytes of an array in memory at once. */
const PIECE_BYTES = 2 ** 23;

/**
 * The files of a path: itself, or those of a checkpoint's folder, of a run's newest.
 *
 * @throws {CheckpointError} where there are none
 */
export async function inspectedFiles(path: string): Promise<string[]> {
  const stat = await Deno.stat(path).catch((error) => {
    if (!(error instanceof Deno.errors.NotFound)) throw error;
    throw new CheckpointError(`${path}: there is no such file or folder`);
  });
  if (!stat.isDirectory) return [path];
  const [newest = path] = [...await checkpointFolders(path), ...await pytorchCheckpoints(path)];
  const files: string[] = [];
  for await (const { name } of Deno.readDir(newest)) {
    if (kindOfFile(name) !== null) files.push(join(newest, name));
  }
  if (files.length === 0) {
    throw new CheckpointError(`${path}: has no checkpoint and no file of arrays`);
  }
  return files.sort();
}

/** Reads a file, array by array. @throws {CheckpointError} where it cannot be read */
export async function inspectFile(path: string): Promise<Inspection> {
  using file = await openTensorFile(path);
  const saved = savedIn(path, file.metadata);
  const tensors = [...file.tensors].map(([name, { dtype, shape }]): InspectedTensor => ({
    name,
    dtype,
    shape: [...shape],
    ...isStoredDtype(dtype)
      ? tensorStatistics(() => file.pieces(name, PIECE_BYTES))
      : { min: null, max: null, mean: null, std: null, not_finite: null },
  }));
  const { config: _config, data: _data, ...rest } = file.metadata;
  return {
    file: path,
    kind: file.kind,
    numbers: tensors.reduce((sum, { shape }) => sum + elements(shape), 0),
    step: saved?.step ?? null,
    config: saved?.config ?? null,
    data: saved?.data ?? null,
    metadata: saved ? rest : file.metadata,
    values: Object.fromEntries(
      [...file.values].map((
        [name, value],
      ) => [name, typeof value === "bigint" ? `${value}` : value]),
    ),
    autoencoder: autoencoderIn(tensors),
    tensors,
  };
}

/** The autoencoder of arrays, which may lie in a dictionary. */
function autoencoderIn(tensors: readonly InspectedTensor[]): InspectedAutoencoder | null {
  const shapes = Object.fromEntries(tensors.map(({ name, shape }) => [name, shape]));
  const found = findAutoencoder(shapes);
  if (!found) return null;
  const { config, keys, names } = found;
  const sizes = [...names.values()].map((name) => elements(shapes[name]));
  return { config, keys, parameters: sizes.reduce((sum, n) => sum + n, 0) };
}
