/** Reading safetensors files a piece at a time, so that large ones never sit in memory whole. */
import { basename, dirname, join } from "node:path";
import {
  headerLength,
  isRecord,
  LENGTH_BYTES,
  parseHeader,
  type SafetensorsEntry,
  SafetensorsError,
} from "./safetensors_header.ts";
import { shown } from "./shown.ts";
import { type StoredDtype, type StoredTensor, tensorOf } from "./stored_tensor.ts";

/** An open safetensors file, or all files of a sharded index, of which only the headers are read. */
export interface OpenSafetensors extends Disposable {
  /** The files that the tensors are in. */
  readonly files: readonly string[];
  /** The notes of its header; of an index, those of all its files. */
  readonly metadata: Readonly<Record<string, string>>;
  /** Type and shape of every tensor, by name. */
  readonly tensors: Readonly<Record<string, { dtype: StoredDtype; shape: number[] }>>;
  /**
   * Fills `into` with a tensor's bytes (little-endian, row-major), from its byte `offset` on.
   *
   * @throws {SafetensorsError} when the file has shrunk since.
   * @throws {RangeError} when the tensor is unknown or has fewer bytes.
   */
  read(name: string, offset: number, into: Uint8Array): void;
  /** A whole tensor, in memory of its own; throws like `read`. */
  tensor(name: string): StoredTensor;
  /** Closes the files. */
  [Symbol.dispose](): void;
}

interface Shard {
  source: string;
  file: Deno.FsFile;
  entries: Record<string, SafetensorsEntry>;
  metadata: Record<string, string>;
}

const INDEX_SUFFIX = ".index.json";
const MAX_INDEX_BYTES = 100_000_000;

/**
 * Opens a safetensors file, or an index (`model.safetensors.index.json`) with the files that it
 * names beside it, which must hold just the tensors that it says.
 *
 * @throws {SafetensorsError} when one is truncated, foreign, contradicts itself or is missing.
 */
export function openSafetensors(path: string): OpenSafetensors {
  const shards: Shard[] = [];
  const close = () => shards.forEach(({ file }) => file.close());
  try {
    if (path.endsWith(INDEX_SUFFIX)) {
      for (const [file, names] of readIndex(path)) {
        const shard = openShard(join(dirname(path), file));
        shards.push(shard);
        mustHold(shard, names, path);
      }
    } else shards.push(openShard(path));
  } catch (error) {
    close();
    throw error;
  }
  const found = new Map(
    shards.flatMap((shard) =>
      Object.entries(shard.entries).map(([name, entry]) => [name, { shard, entry }] as const)
    ),
  );
  const read = (name: string, offset: number, into: Uint8Array) => {
    const { shard, entry } = lookUp(name);
    if (!(offset >= 0 && entry.begin + offset + into.length <= entry.end)) {
      throw new RangeError(`tensor ${shown(name)} has no ${into.length} bytes at ${offset}`);
    }
    readAt(shard, entry.begin + offset, into);
  };
  const lookUp = (name: string) => {
    const place = found.get(name);
    if (!place) throw new RangeError(`${path} has no tensor ${shown(name)}`);
    return place;
  };
  return {
    files: shards.map(({ source }) => source),
    metadata: Object.fromEntries(shards.flatMap(({ metadata }) => Object.entries(metadata))),
    tensors: Object.fromEntries([...found].map(([name, { entry }]) => [name, entry])),
    read,
    tensor(name) {
      const { dtype, shape, begin, end } = lookUp(name).entry;
      const bytes = new Uint8Array(end - begin);
      read(name, 0, bytes);
      return tensorOf(dtype, [...shape], bytes);
    },
    [Symbol.dispose]: close,
  };
}

function openShard(source: string): Shard {
  const file = opened(source);
  try {
    const { size } = file.statSync();
    const prefix = new Uint8Array(Math.min(size, LENGTH_BYTES));
    readAt({ source, file }, 0, prefix);
    const header = new Uint8Array(headerLength(prefix, size, source));
    readAt({ source, file }, LENGTH_BYTES, header);
    return { source, file, ...parseHeader(header, size, source) };
  } catch (error) {
    file.close();
    throw error;
  }
}

function opened(source: string): Deno.FsFile {
  try {
    return Deno.openSync(source);
  } catch (error) {
    const problem = error instanceof Deno.errors.NotFound
      ? "is missing"
      : `cannot be read (${(error as Error).message})`;
    throw new SafetensorsError(`${source}: ${problem}`);
  }
}

function readAt(
  { source, file }: { source: string; file: Deno.FsFile },
  at: number,
  into: Uint8Array,
) {
  file.seekSync(at, Deno.SeekMode.Start);
  for (let done = 0; done < into.length;) {
    const count = file.readSync(into.subarray(done));
    if (count === null) throw new SafetensorsError(`${source}: ends early`);
    done += count;
  }
}

/** The names of the tensors of every file that an index names. */
function readIndex(path: string): Map<string, Set<string>> {
  const fail = (problem: string) =>
    new SafetensorsError(`${path} is not a safetensors index: ${problem}`);
  const file = opened(path);
  let index: unknown;
  try {
    const { size } = file.statSync();
    if (size > MAX_INDEX_BYTES) throw fail(`it has ${size} bytes`);
    const bytes = new Uint8Array(size);
    readAt({ source: path, file }, 0, bytes);
    index = JSON.parse(new TextDecoder("utf-8", { fatal: true }).decode(bytes));
  } catch (error) {
    if (error instanceof SafetensorsError) throw error;
    throw fail("it is not JSON");
  } finally {
    file.close();
  }
  const map = isRecord(index) ? index.weight_map : null;
  if (!isRecord(map)) throw fail("it has no weight_map");
  const files = new Map<string, Set<string>>();
  for (const [name, shard] of Object.entries(map)) {
    if (typeof shard !== "string" || shard !== basename(shard) || !shard.endsWith(".safetensors")) {
      throw fail(`tensor ${shown(name)} is in no file beside it`);
    }
    files.set(shard, (files.get(shard) ?? new Set()).add(name));
  }
  return files;
}

function mustHold({ source, entries }: Shard, names: Set<string>, index: string): void {
  const missing = [...names].find((name) => !Object.hasOwn(entries, name));
  if (missing !== undefined) {
    throw new SafetensorsError(`${source}: has no tensor ${shown(missing)}, as ${index} says`);
  }
  const more = Object.keys(entries).find((name) => !names.has(name));
  if (more !== undefined) {
    throw new SafetensorsError(`${source}: holds ${shown(more)}, which ${index} does not name`);
  }
}
