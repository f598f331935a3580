/** PyTorch's .pth files, as `torch.save` writes them: the zip form and the legacy form. */
import { counted } from "../../engine/counted.ts";
import { UserError } from "../../engine/user_error.ts";
import { foreignContent } from "./foreign_content.ts";
import { NUMPY_GLOBALS } from "./numpy_pickle.ts";
import { pickleGlobals, unpickle } from "./pickle.ts";
import {
  OpaqueObject,
  type PickledValue,
  PickleError,
  PickleGlobal,
  PickleObject,
  plainValue,
} from "./pickled_value.ts";
import { PickleWriter } from "./pickle_writer.ts";
import { shown } from "./shown.ts";
import {
  dtypeBytes,
  elements,
  isShape,
  type StoredDtype,
  type StoredTensor,
  tensorBytes,
  tensorFault,
} from "./stored_tensor.ts";
import { isRowMajor, reach, rowMajor, stridedTensor, type Strides } from "./strided.ts";
import { isZip, readZip, writeZip, ZipError, type ZipMember } from "./zip.ts";

/**
 * A value of a .pth file: null, booleans, numbers (integers beyond 2^53 as bigint), strings,
 * tensors, lists (tuples, too) and dictionaries of any kind.
 * @category Files
 */
export type PthValue = PickledValue;

/**
 * A .pth file cannot be read or written; the message names it and the problem.
 * @category Files
 */
export class PthError extends UserError {
  /** The class's name. */
  override readonly name: string = "PthError";
}

const STORAGES: Record<StoredDtype, string> = {
  F64: "DoubleStorage",
  F32: "FloatStorage",
  F16: "HalfStorage",
  BF16: "BFloat16Storage",
  I64: "LongStorage",
  I32: "IntStorage",
  I16: "ShortStorage",
  I8: "CharStorage",
  U8: "ByteStorage",
  BOOL: "BoolStorage",
};
const STORAGE_DTYPES = new Map(
  Object.entries(STORAGES).map(([dtype, name]) => [`torch.${name}`, dtype as StoredDtype]),
);
const MAGIC_NUMBER = 0x1950a86a20f9469cfc6cn;
const LEGACY_PROTOCOL = 1001;
const PROTO_OPCODE = 0x80;
/** Copies out of strided storages may take this many times the file's bytes, and so much more. */
const GATHER_TIMES = 4;
const GATHER_BYTES = 16 << 20;
const ALIGNMENT = 64;

/** A storage: a block of values that tensors are views of. */
class Storage extends PickleObject {
  constructor(readonly dtype: StoredDtype, readonly count: number, public data: Bytes | null) {
    super();
  }

  override value(): StoredTensor {
    const strides = { offset: 0, shape: [this.count], stride: [1] };
    return stridedTensor(this.dtype, this.bytes(), strides);
  }

  /** Its bytes, aligned for its type. */
  bytes(): Bytes {
    if (!this.data) throw new PickleError("it holds a tensor without data");
    if (this.data.byteOffset % dtypeBytes(this.dtype) !== 0) this.data = this.data.slice();
    return this.data;
  }
}

/** A tensor as PyTorch rebuilds it: a view of a storage. */
class StridedTensor extends PickleObject {
  constructor(readonly storage: Storage, readonly strides: Strides, readonly budget: Budget) {
    super();
  }

  override value(): StoredTensor {
    const { dtype } = this.storage;
    if (!isRowMajor(this.strides)) {
      this.budget.bytes -= elements(this.strides.shape) * dtypeBytes(dtype);
      if (this.budget.bytes < 0) throw new PickleError("its tensors repeat a storage endlessly");
    }
    return stridedTensor(dtype, this.storage.bytes(), this.strides);
  }
}

type Bytes = Uint8Array<ArrayBuffer>;
interface Budget {
  bytes: number;
}

/**
 * Reads a file of `torch.save` without executing code: only the names that state dicts, optimizer
 * and scheduler states need are known; objects of any other are opaque. Tensors that share a storage share memory, and may be views
 * of `bytes`.
 *
 * @param source what to call the file in an error, its path for instance.
 * @throws {PthError} when the file is truncated, damaged or inconsistent, or asks for any other
 * name.
 * @category Files
 */
export function decodePth(bytes: Uint8Array<ArrayBuffer>, source: string): PthValue {
  try {
    if (isZip(bytes)) return decodeZip(bytes);
    if (bytes[0] === PROTO_OPCODE) return decodeLegacy(bytes);
    throw new PickleError(`it is ${foreignContent(bytes) ?? "neither a zip archive nor a pickle"}`);
  } catch (error) {
    if (!(error instanceof PickleError || error instanceof ZipError)) throw error;
    throw new PthError(`${source} cannot be read as a PyTorch file: ${error.message}`);
  }
}

function decodeZip(bytes: Bytes): PthValue {
  const members = readZip(bytes);
  const pickles = [...members.keys()].filter((name) => /^[^/]+\/data\.pkl$/.test(name));
  if (pickles.length !== 1) {
    const [first] = members.keys();
    throw new ZipError(
      "it is a zip archive of something else: it holds no data.pkl, as torch.save writes, but " +
        (first === undefined ? "nothing" : `${members.size} members such as ${shown(first)}`),
    );
  }
  const folder = pickles[0].slice(0, -"data.pkl".length);
  const order = members.get(`${folder}byteorder`)?.();
  if (order && new TextDecoder().decode(order) !== "little") {
    throw new ZipError("its values are big-endian");
  }
  const storages = new Map<string, Storage>();
  const persistent = (id: unknown): Storage | OpaqueObject => {
    const unknown = unknownStorage(id);
    if (unknown) return unknown;
    const { dtype, key, count } = storageId(id);
    const known = storages.get(key);
    if (known) return agreeing(known, dtype, count, key);
    const data = members.get(`${folder}data/${key}`)?.();
    if (!data) throw new PickleError(`storage ${shown(key)} is missing`);
    mustFill(data.length, dtype, count, key);
    const storage = new Storage(dtype, count, data);
    storages.set(key, storage);
    return storage;
  };
  const data = members.get(pickles[0])!();
  const { made, length } = unpickle(data, {
    globals: torchGlobals(bytes.length),
    opaque: true,
    persistent,
  });
  if (length !== data.length) throw new PickleError("more follows its value");
  return plainValue(made, { opaque: true });
}

function decodeLegacy(bytes: Bytes): PthValue {
  let at = 0;
  const next = (
    globals: ReadonlyMap<string, PickleGlobal> = new Map(),
    persistent?: (id: unknown) => unknown,
  ): unknown => {
    const opaque = globals.size > 0;
    const { made, length } = unpickle(bytes.subarray(at), { globals, opaque, persistent });
    at += length;
    return made;
  };
  if (next() !== MAGIC_NUMBER) throw new PickleError("it is a pickle, but not of torch.save");
  if (next() !== LEGACY_PROTOCOL) throw new PickleError("its protocol is unknown");
  const system = next();
  if (!(system instanceof Map) || system.get("little_endian") !== true) {
    throw new PickleError("its values are not little-endian");
  }
  const storages = new Map<string, Storage>();
  const made = next(torchGlobals(bytes.length), (id) => {
    const { dtype, key, count, view } = storageId(id);
    if (view !== null && view !== undefined) {
      throw new PickleError("it holds views of storages, as only PyTorch before 0.4 wrote");
    }
    const known = storages.get(key);
    if (known) return agreeing(known, dtype, count, key);
    const storage = new Storage(dtype, count, null);
    storages.set(key, storage);
    return storage;
  });
  const keys = next();
  if (!Array.isArray(keys) || new Set(keys).size !== keys.length || keys.length !== storages.size) {
    throw new PickleError("its list of storages does not fit its tensors");
  }
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  for (const key of keys) {
    const storage = storages.get(key);
    if (!storage) throw new PickleError("its list of storages does not fit its tensors");
    const begin = at + 8;
    const end = begin + storage.count * dtypeBytes(storage.dtype);
    if (end > bytes.length) throw new PickleError("it ends early");
    if (view.getBigInt64(at, true) !== BigInt(storage.count)) {
      throw new PickleError(`storage ${shown(key)} is not of the size that its tensors declare`);
    }
    storage.data = bytes.subarray(begin, end);
    at = end;
  }
  if (at !== bytes.length) throw new PickleError(`${bytes.length - at} bytes follow its storages`);
  return plainValue(made, { opaque: true });
}

/** A storage of a type that is not read, such as complex numbers; null for any other. */
function unknownStorage(id: unknown): OpaqueObject | null {
  const type = Array.isArray(id) && id[0] === "storage" ? id[1] : null;
  const unknown = type instanceof PickleGlobal && !STORAGE_DTYPES.has(type.name) &&
    /Storage$/.test(type.name);
  return unknown ? new OpaqueObject(`a tensor of ${type.name}`) : null;
}

/** Parses `("storage", type, key, location, count, view)`. */
function storageId(
  id: unknown,
): { dtype: StoredDtype; key: string; count: number; view: unknown } {
  const [kind, type, key, , count, view] = Array.isArray(id) ? id : [];
  const dtype = type instanceof PickleGlobal ? STORAGE_DTYPES.get(type.name) : undefined;
  const valid = kind === "storage" && dtype && typeof key === "string" &&
    Number.isSafeInteger(count) && count >= 0;
  if (!valid) throw new PickleError("it refers to a storage in an unknown way");
  return { dtype, key, count, view };
}

function agreeing(storage: Storage, dtype: StoredDtype, count: number, key: string): Storage {
  if (storage.dtype !== dtype || storage.count !== count) {
    throw new PickleError(`storage ${shown(key)} is described in two ways`);
  }
  return storage;
}

function mustFill(length: number, dtype: StoredDtype, count: number, key: string): void {
  if (length !== count * dtypeBytes(dtype)) {
    throw new PickleError(
      `storage ${shown(key)} of ${count} ${dtype} has ${counted(length, "byte")}`,
    );
  }
}

/** The globals that state dicts and the states of optimizers and schedulers use. */
function torchGlobals(fileBytes: number): Map<string, PickleGlobal> {
  const budget: Budget = { bytes: GATHER_TIMES * fileBytes + GATHER_BYTES };
  const rebuildTensor = ([storage, offset, shape, stride]: unknown[]) => {
    if (storage instanceof OpaqueObject) return storage;
    if (
      !(storage instanceof Storage) || !isShape([offset]) || !isShape(shape) || !isShape(stride) ||
      shape.length !== stride.length
    ) throw new PickleError("it rebuilds a tensor in an unknown way");
    // Copies, since a pickle can still change its lists.
    const strides = { offset: offset as number, shape: [...shape], stride: [...stride] };
    if (!(reach(strides) <= storage.count)) {
      throw new PickleError(
        `a tensor reaches beyond its storage of ${counted(storage.count, "value")}`,
      );
    }
    return new StridedTensor(storage, strides, budget);
  };
  const dictionary = ([entries]: unknown[]) => {
    const pairs = entries instanceof Map ? [...entries] : entries ?? [];
    if (!Array.isArray(pairs) || !pairs.every((pair) => Array.isArray(pair) && pair.length === 2)) {
      throw new PickleError("it makes a dictionary in an unknown way");
    }
    return new Map<unknown, unknown>(pairs);
  };
  const items = ([list]: unknown[]) => Array.isArray(list) ? [...list] : [];
  const reconstructed = ([type]: unknown[]) =>
    new OpaqueObject(type instanceof PickleGlobal ? type.name : "object");
  const storages = [...STORAGE_DTYPES.keys()].map((name) => [name, null]);
  return new Map([
    ...NUMPY_GLOBALS,
    ...pickleGlobals({
      ...Object.fromEntries(storages),
      "torch._utils._rebuild_tensor": rebuildTensor,
      "torch._utils._rebuild_tensor_v2": rebuildTensor,
      "torch._utils._rebuild_parameter": ([tensor]) => tensor,
      "torch._utils._rebuild_parameter_with_state": ([tensor]) => tensor,
      "torch._tensor._rebuild_from_type_v2": ([rebuild, , args]) =>
        rebuild instanceof PickleGlobal && rebuild.make && Array.isArray(args)
          ? rebuild.make(args)
          : new OpaqueObject("torch.Tensor"),
      "torch.Size": ([sizes]) => sizes ?? [],
      "torch.device": (parts) => {
        if (!parts.every((part) => typeof part === "string" || typeof part === "number")) {
          throw new PickleError("it names a device in an unknown way");
        }
        return parts.join(":");
      },
      "collections.OrderedDict": dictionary,
      "collections.Counter": dictionary,
      "collections.defaultdict": () => new Map<unknown, unknown>(),
      "builtins.set": items,
      "builtins.frozenset": items,
      "__builtin__.set": items,
      "__builtin__.frozenset": items,
      "copyreg._reconstructor": reconstructed,
      "copy_reg._reconstructor": reconstructed,
    }),
  ]);
}

/**
 * Writes a file in the zip form of `torch.save`, which `torch.load` reads even with
 * `weights_only=True`. Equal values give equal bytes.
 *
 * @throws {PthError} when a tensor is inconsistent or the file would exceed 4 GiB.
 * @category Files
 */
export function encodePth(value: PthValue): Uint8Array<ArrayBuffer> {
  const storages: ZipMember[] = [];
  const pickle = new PickleWriter();
  const sizes = (values: readonly number[]) => {
    pickle.mark();
    values.forEach((value) => pickle.number(value));
    pickle.tuple();
  };
  const tensor = (tensor: StoredTensor) => {
    const fault = tensorFault(tensor);
    if (fault) throw new PickleError(`a tensor is inconsistent: ${fault}`);
    const { dtype, shape, data } = tensor;
    const key = String(storages.length);
    storages.push({ name: `archive/data/${key}`, bytes: tensorBytes(tensor) });
    pickle.global("torch._utils", "_rebuild_tensor_v2").mark();
    pickle.mark().text("storage").global("torch", STORAGES[dtype]).text(key).text("cpu")
      .number(data.length).tuple().persistent();
    pickle.number(0);
    sizes(shape);
    sizes(rowMajor(shape));
    pickle.truth(false).global("collections", "OrderedDict").mark().tuple().reduce();
    pickle.tuple().reduce();
  };
  try {
    pickle.value(value, tensor);
    const text = (name: string, text: string) => ({
      name: `archive/${name}`,
      bytes: new TextEncoder().encode(text),
    });
    return writeZip([
      { name: "archive/data.pkl", bytes: pickle.end() },
      text("byteorder", "little"),
      ...storages,
      text("version", "3\n"),
    ], ALIGNMENT);
  } catch (error) {
    if (!(error instanceof PickleError || error instanceof ZipError)) throw error;
    throw new PthError(`the value cannot be stored as a PyTorch file: ${error.message}`);
  }
}
