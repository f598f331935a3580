/** A file of large rows: small tensors and a checksum of each row come before the rows themselves. */

import { createHash } from "node:crypto";
import { crc32 } from "node:zlib";
import { readable } from "../../formats/readable.ts";
import { encodeSafetensors } from "../../formats/safetensors.ts";
import {
  headerLength,
  LENGTH_BYTES,
  parseHeader,
  SafetensorsError,
} from "../../formats/safetensors_header.ts";
import { type StoredTensor, tensorBytes } from "../../formats/stored_tensor.ts";
import { DatasetError } from "../dataset.ts";
import type { ShardEntry } from "./feature_index.ts";

/** The tensor of the rows' checksums, CRC-32 each. */
const CHECKSUMS = "checksums";

/** Rows of one type and shape. */
export interface Rows {
  /** The tensor's name in the file. */
  readonly name: string;
  /** Type of the values. */
  readonly dtype: "F16" | "F32";
  /** `[...]` of one row. */
  readonly shape: readonly number[];
}

/** Bytes of one row. */
export function rowBytes({ dtype, shape }: Rows): number {
  return shape.reduce((n, d) => n * d, dtype === "F16" ? 2 : 4);
}

/**
 * A shard as a safetensors file.
 *
 * @param data the rows, one after another
 * @param small what is read whole when the shard is opened
 * @returns its bytes, and its line in the index
 */
export function encodeShard(
  file: string,
  rows: Rows,
  data: Float16Array<ArrayBuffer> | Float32Array<ArrayBuffer>,
  small: Readonly<Record<string, StoredTensor>>,
): { bytes: Uint8Array<ArrayBuffer>; entry: ShardEntry } {
  const each = rowBytes(rows);
  const n = data.byteLength / each;
  const tensor = { dtype: rows.dtype, shape: [n, ...rows.shape], data } as StoredTensor;
  const raw = tensorBytes(tensor);
  const checksums = Int32Array.from(
    { length: n },
    (_, i) => crc32(raw.subarray(i * each, (i + 1) * each)) | 0,
  );
  const bytes = encodeSafetensors({
    ...small,
    [CHECKSUMS]: { dtype: "I32", shape: [n], data: checksums },
    [rows.name]: tensor,
  });
  const head = bytes.subarray(0, bytes.length - raw.length);
  return { bytes, entry: { file, n, bytes: bytes.length, head_sha256: sha256(head) } };
}

/** A shard whose head has been read. */
export interface ShardHead {
  /** Where the rows begin in the file. */
  readonly begin: number;
  /** CRC-32 of each row, as i32. */
  readonly checksums: Int32Array;
  /** The small tensors. */
  readonly small: Readonly<Record<string, StoredTensor>>;
}

/**
 * Reads all of a shard but its rows.
 *
 * @throws {DatasetError} where the file is missing, or not as the index says
 */
export async function readShardHead(
  path: string,
  { n, bytes, head_sha256 }: ShardEntry,
  rows: Rows,
): Promise<ShardHead> {
  const begin = bytes - n * rowBytes(rows);
  const head = await headOf(path, { bytes, begin });
  if (sha256(head) !== head_sha256) throw altered(path, "its head has another checksum");
  const { [rows.name]: held, ...others } = entriesOf(head, bytes, path);
  const shape = [n, ...rows.shape];
  if (held?.dtype !== rows.dtype || `${held.shape}` !== `${shape}` || held.begin !== begin) {
    throw altered(path, `it has no ${rows.dtype} ${rows.name} [${shape.join(", ")}] at its end`);
  }
  const small = Object.fromEntries(
    Object.entries(others).map(([name, { dtype, shape, begin, end }]) =>
      [name, readable(dtype, shape, head.slice(begin, end), `${path}: ${name}`)] as const
    ),
  );
  const { [CHECKSUMS]: checksums, ...rest } = small;
  if (!(checksums?.data instanceof Int32Array) || checksums.data.length !== n) {
    throw altered(path, "it has no checksums of its rows");
  }
  return { begin, checksums: checksums.data, small: rest };
}

/** @throws {DatasetError} where a row is not what it was when the shard was written */
export function checkRow(path: string, row: number, bytes: Uint8Array, checksum: number): void {
  if ((crc32(bytes) | 0) !== checksum) throw altered(path, `row ${row} has another checksum`);
}

/** The error of a shard that is not what its index says. */
export function altered(path: string, problem: string): DatasetError {
  return new DatasetError(`${path} is torn or was changed: ${problem}; make the features again`);
}

async function headOf(
  path: string,
  { bytes, begin }: { bytes: number; begin: number },
): Promise<Uint8Array> {
  try {
    using file = await Deno.open(path);
    const { size } = await file.stat();
    if (size !== bytes) throw altered(path, `it has ${size} bytes, not ${bytes}`);
    const head = new Uint8Array(begin);
    for (let done = 0; done < begin;) {
      const count = await file.read(head.subarray(done));
      if (count === null) throw altered(path, "it ends early");
      done += count;
    }
    return head;
  } catch (error) {
    if (error instanceof DatasetError) throw error;
    if (error instanceof Deno.errors.NotFound) {
      throw new DatasetError(`${path} is missing: the features are not whole; copy it again`);
    }
    throw new DatasetError(`${path} cannot be read: ${(error as Error).message}`);
  }
}

function entriesOf(head: Uint8Array, bytes: number, path: string) {
  try {
    const start = LENGTH_BYTES + headerLength(head, bytes, path);
    return parseHeader(head.subarray(LENGTH_BYTES, start), bytes, path).entries;
  } catch (error) {
    if (error instanceof SafetensorsError) throw new DatasetError(error.message);
    throw error;
  }
}

function sha256(bytes: Uint8Array): string {
  return createHash("sha256").update(bytes).digest("hex");
}
