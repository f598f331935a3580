import { join } from "node:path";
import { CheckpointError, checkpointFolders, savedIn } from "../../train/checkpoints/checkpoint.ts";
import type { Config } from "../../train/config/config.ts";
import { elements, type StoredDtype } from "../../train/formats/stored_tensor.ts";
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
export interface InspectedTensor extends TensorStatistics {
  readonly name: string;
  readonly dtype: StoredDtype;
  readonly shape: readonly number[];
}

/** What a file holds. */
export interface Inspection {
  readonly file: string;
  readonly kind: TensorFileKind;
  /** Numbers in all arrays together. */
  readonly numbers: number;
  /** Optimizer steps and configuration, in a checkpoint of ours. */
  readonly step: number | null;
  readonly config: Config | null;
  readonly metadata: Readonly<Record<string, string>>;
  /** What a `.pth` holds besides arrays; numbers beyond 2^53 as text. */
  readonly values: Readonly<Record<string, null | boolean | number | string>>;
  readonly tensors: readonly InspectedTensor[];
}

/** Bytes of an array in memory at once. */
const PIECE_BYTES = 2 ** 23;

/**
 * The files to look into: the one named, or those of a checkpoint's folder, in a run's the newest.
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

/** Looks into a file, array by array. @throws {CheckpointError} where it cannot be read */
export async function inspectFile(path: string): Promise<Inspection> {
  using file = await openTensorFile(path);
  const saved = savedIn(path, file.metadata);
  const tensors = [...file.tensors].map(([name, { dtype, shape }]): InspectedTensor => ({
    name,
    dtype,
    shape: [...shape],
    ...tensorStatistics(() => file.pieces(name, PIECE_BYTES)),
  }));
  const { config: _, ...rest } = file.metadata;
  return {
    file: path,
    kind: file.kind,
    numbers: tensors.reduce((sum, { shape }) => sum + elements(shape), 0),
    step: saved?.step ?? null,
    config: saved?.config ?? null,
    metadata: saved ? rest : file.metadata,
    values: Object.fromEntries(
      [...file.values].map((
        [name, value],
      ) => [name, typeof value === "bigint" ? `${value}` : value]),
    ),
    tensors,
  };
}
