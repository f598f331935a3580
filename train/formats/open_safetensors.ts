/** Reading safetensors files piece by piece, so that large ones are never in memory whole. */
import { basename, dirname, join } from "node:path";
import { decodeText } from "./decode_text.ts";
import { HEAD_BYTES } from "./foreign_content.ts";
import { isRecord } from "./is_record.ts";
import {
  headerLength,
  LENGTH_BYTES,
  parseHeader,
  type SafetensorsEntry,
  SafetensorsError,
} from "./safetensors_header.ts";
import { shown } from "./shown.ts";
import type { ListedDtype } from "./listed_dtype.ts";
import { readable } from "./readable.ts";
import type { StoredTensor } from "./stored_tensor.ts";

/**
 * An open safetensors file, or the files of a sharded index; only the headers have been read.
 * @category Files
 */
export interface OpenSafetensors extends Disposable {
  /** Paths of the files that hold the tensors. */
  readonly files: readonly string[];
  /** The metadata of the header; for an index, merged from all its files. */
  readonly metadata: Readonly<Record<string, string>>;
  /** Type and shape of every tensor, by name. */
  readonly tensors: Readonly<Record<string, { dtype: ListedDtype; shape: number[] }>>;
  /**
   * Fills `into` with a tensor's bytes (little-endian, row-major), starting at byte `offset`.
   *
   * @throws {SafetensorsError} when the file has shrunk since it was opened.
   * @throws {RangeError} when the tensor is unknown or has fewer bytes.
   */
  read(name: string, offset: number, into: Uint8Array): void;
  /**
   * Reads a whole tensor into memory of its own; throws as `read` does.
   *
   * @throws {SafetensorsError} also where its element type is listed only.
   */
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
 * Opens a safetensors file, or an index (`model.safetensors.index.json`) and the files next to it
 * that it names, which must hold exactly the tensors that it lists.
 *
 * @throws {SafetensorsError} when a file is missing, truncated, of another format or inconsistent.
 * @category Files
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
      return readable(dtype, [...shape], bytes, `${path}: ${name}`);
    },
    [Symbol.dispose]: close,
  };
}

function openShard(source: string): Shard {
  const file = opened(source);
  try {
    const { size } = file.statSync();
    const prefix = new Uint8Array(Math.min(size, HEAD_BYTES));
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

/** The tensor names of each file that an index lists. */
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
    index = JSON.parse(decodeText(bytes));
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
      throw fail(`tensor ${shown(name)} is in no file next to it`);
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
