import { CheckpointError } from "./checkpoint.ts";
import { decodeNpy, decodeNpyObjects, holdsObjects, NpyError } from "../formats/npy.ts";
import { decodeNpz, NpzError } from "../formats/npz.ts";
import { decodePth, PthError, type PthValue } from "../formats/pth.ts";
import { contentKind, foreignContent, HEAD_BYTES } from "../formats/foreign_content.ts";
import type { ListedDtype } from "../formats/listed_dtype.ts";
import { readZip } from "../formats/zip.ts";
import { OpaqueValue } from "../formats/pickled_value.ts";
import { openSafetensors } from "../formats/open_safetensors.ts";
import { SafetensorsError } from "../formats/safetensors.ts";
import {
  dtypeBytes,
  elements,
  isStoredDtype,
  isStoredTensor,
  type StoredTensor,
  tensorBytes,
  tensorOf,
} from "../formats/stored_tensor.ts";

/**
 * Formats of files that hold arrays.
 * @category Checkpoints
 */
export type TensorFileKind = "safetensors" | "pth" | "npz" | "npy";

/**
 * A value of a `.pth` file, or of an `.npy` file of objects, that is not an array; an object that is
 * not read is the text `<its class> (opaque)`.
 * @category Checkpoints
 */
export type PlainValue = null | boolean | number | bigint | string;

/**
 * A file of arrays of any format. Those in safetensors stay in the file until they are read.
 * @category Checkpoints
 */
export interface TensorFile extends Disposable {
  /** The file's path. */
  readonly path: string;
  /** Its format. */
  readonly kind: TensorFileKind;
  /** The files that hold the arrays: this one, or the shards of an index. */
  readonly files: readonly string[];
  /** Strings about the file; safetensors only. */
  readonly metadata: Readonly<Record<string, string>>;
  /** Element type and shape of each array; names of nested ones are joined with dots. */
  readonly tensors: ReadonlyMap<string, { readonly dtype: ListedDtype; readonly shape: number[] }>;
  /** The values of a `.pth`, or of an `.npy` of objects, that are not arrays. */
  readonly values: ReadonlyMap<string, PlainValue>;
  /** Keys of a `.pth`'s outermost dictionary whose values are dictionaries with arrays. */
  readonly groups: readonly string[];
  /** Reads an array as it is stored. */
  read(name: string): StoredTensor;
  /** Reads `count` of an array's values, from `first` on, as one dimension. */
  part(name: string, first: number, count: number): StoredTensor;
  /**
   * Yields an array's values in order, in one-dimensional pieces of so many bytes (a multiple of
   * 8), the last one shorter. A piece may be overwritten when the next is requested.
   */
  pieces(name: string, bytes: number): Iterable<StoredTensor>;
}

const SUFFIXES: readonly [suffix: string, kind: TensorFileKind][] = [
  [".safetensors", "safetensors"],
  [".safetensors.index.json", "safetensors"],
  [".pth", "pth"],
  [".pt", "pth"],
  [".npz", "npz"],
  [".npy", "npy"],
];

/** The format of a file by the suffix of its name; null where it is unknown. */
export function kindOfFile(path: string): TensorFileKind | null {
  return SUFFIXES.find(([suffix]) => path.toLowerCase().endsWith(suffix))?.[1] ?? null;
}

/**
 * The format of a file by its content; by its suffix only where the content is of none; null for
 * neither.
 *
 * @throws {CheckpointError} where it cannot be read
 */
export async function tensorFileKind(path: string): Promise<TensorFileKind | null> {
  try {
    const found = contentKind(await headOf(path));
    if (found === null) return kindOfFile(path);
    return found === "safetensors" ? found : kindOf(found, path, await Deno.readFile(path));
  } catch (error) {
    throw asCheckpointError(error, path);
  }
}

/**
 * Opens a file of arrays. Its content tells the format, whatever its name; its suffix only where the
 * content is of none.
 *
 * @throws {CheckpointError} where it is missing, damaged or of another format
 * @category Checkpoints
 */
export async function openTensorFile(path: string): Promise<TensorFile> {
  try {
    const head = await headOf(path);
    const found = contentKind(head);
    if (found === null && kindOfFile(path) === null) {
      const foreign = foreignContent(head);
      throw new CheckpointError(
        `${path}: is no file of arrays (safetensors, .pth, .npz or .npy)` +
          (foreign === null ? "" : `: it is ${foreign}`),
      );
    }
    if (found === "safetensors") return inSafetensors(path);
    if (found === null && kindOfFile(path) === "safetensors") return inSafetensors(path);
    const bytes = await Deno.readFile(path);
    const kind = kindOf(found, path, bytes);
    if (kind === "npz") return inMemory(path, kind, decodeNpz(bytes, path));
    if (kind === "pth") return nested(path, kind, decodePth(bytes, path));
    return holdsObjects(bytes, path)
      ? nested(path, kind, decodeNpyObjects(bytes, path))
      : inMemory(path, kind, { array: decodeNpy(bytes, path) });
  } catch (error) {
    throw asCheckpointError(error, path);
  }
}

/** An error of reading a file as a {@linkcode CheckpointError} that names it; any other as it is. */
function asCheckpointError(error: unknown, path: string): unknown {
  if (error instanceof Deno.errors.NotFound) return new CheckpointError(`${path}: is missing`);
  if (error instanceof Error && (FORMAT_ERRORS.some((E) => error instanceof E))) {
    return new CheckpointError(error.message);
  }
  if (error instanceof Error && "code" in error) {
    return new CheckpointError(`${path}: cannot be read (${error.message})`);
  }
  return error;
}

async function headOf(path: string): Promise<Uint8Array> {
  using file = await Deno.open(path);
  const head = new Uint8Array(HEAD_BYTES);
  return head.subarray(0, await file.read(head) ?? 0);
}

/** The format of a file that is not safetensors. */
function kindOf(
  found: ReturnType<typeof contentKind>,
  path: string,
  bytes: Uint8Array<ArrayBuffer>,
): "pth" | "npz" | "npy" {
  const named = kindOfFile(path);
  if (found === "npy") return "npy";
  if (found === "pickle") return "pth";
  if (found === "zip") {
    try {
      if (readZip(bytes).keys().every((name) => name.endsWith(".npy"))) return "npz";
      return "pth";
    } catch {
      return named === "npz" ? "npz" : "pth"; // Damaged: its reader names the problem.
    }
  }
  return named === "npz" || named === "npy" ? named : "pth";
}

const FORMAT_ERRORS = [SafetensorsError, PthError, NpzError, NpyError];

function inMemory(
  path: string,
  kind: TensorFileKind,
  tensors: Readonly<Record<string, StoredTensor>>,
  more: Partial<Pick<TensorFile, "metadata" | "values" | "groups">> = {},
): TensorFile {
  return {
    path,
    kind,
    files: [path],
    metadata: {},
    values: new Map(),
    groups: [],
    ...more,
    tensors: new Map(Object.entries(tensors)),
    read: (name) => tensors[name],
    part(name, first, count) {
      const { dtype } = tensors[name];
      const size = dtypeBytes(dtype);
      const bytes = tensorBytes(tensors[name]).subarray(first * size, (first + count) * size);
      return tensorOf(dtype, [count], bytes);
    },
    *pieces(name, bytes) {
      const { dtype } = tensors[name];
      const all = tensorBytes(tensors[name]);
      for (let at = 0; at < all.length; at += bytes) {
        const piece = all.subarray(at, at + bytes);
        yield tensorOf(dtype, [piece.length / dtypeBytes(dtype)], piece);
      }
    },
    [Symbol.dispose]() {},
  };
}

/** Reads, with an error of the format as one of the checkpoint. @throws {CheckpointError} */
function inCheckpoint<T>(read: () => T): T {
  try {
    return read();
  } catch (error) {
    throw error instanceof SafetensorsError ? new CheckpointError(error.message) : error;
  }
}

function nested(path: string, kind: TensorFileKind, root: PthValue): TensorFile {
  const tensors: [string, StoredTensor][] = [];
  const values = new Map<string, PlainValue>();
  const gather = (value: PthValue, name: string): void => {
    const inside = (key: string | number) => name === "" ? String(key) : `${name}.${key}`;
    if (value instanceof Map) value.forEach((inner, key) => gather(inner, inside(key)));
    else if (Array.isArray(value)) value.forEach((inner, i) => gather(inner, inside(i)));
    else if (isStoredTensor(value)) tensors.push([name, value]);
    else {
      const shown = value instanceof OpaqueValue ? `<${value.name}> (opaque)` : value;
      values.set(name === "" ? "value" : name, shown);
    }
  };
  gather(root, "");
  const groups = root instanceof Map
    ? [...root].filter(([, value]) =>
      value instanceof Map && [...value.values()].some(isStoredTensor)
    )
      .map(([key]) => String(key))
    : [];
  return inMemory(path, kind, Object.fromEntries(tensors), { values, groups });
}

function inSafetensors(path: string): TensorFile {
  const file = openSafetensors(path);
  let memory = new Uint8Array();
  return {
    path,
    kind: "safetensors",
    files: file.files,
    metadata: file.metadata,
    tensors: new Map(Object.entries(file.tensors)),
    values: new Map(),
    groups: [],
    read: (name) => inCheckpoint(() => file.tensor(name)),
    part: (name, first, count) =>
      inCheckpoint(() => {
        const { dtype } = file.tensors[name];
        if (!isStoredDtype(dtype)) return file.tensor(name);
        const size = dtypeBytes(dtype);
        const bytes = new Uint8Array(count * size);
        file.read(name, first * size, bytes);
        return tensorOf(dtype, [count], bytes);
      }),
    *pieces(name, bytes) {
      const { dtype, shape } = file.tensors[name];
      if (!isStoredDtype(dtype)) {
        inCheckpoint(() => file.tensor(name));
        return;
      }
      const size = dtypeBytes(dtype);
      const total = elements(shape) * size;
      for (let at = 0; at < total; at += bytes) {
        if (memory.length < Math.min(bytes, total)) memory = new Uint8Array(bytes);
        const piece = memory.subarray(0, Math.min(bytes, total - at));
        file.read(name, at, piece);
        yield tensorOf(dtype, [piece.length / size], piece);
      }
    },
    [Symbol.dispose]: () => file[Symbol.dispose](),
  };
}
