/** Reading and writing safetensors: a JSON header with names, types and byte ranges, then the data. */

import { shown } from "./shown.ts";
import {
  dtypeBytes,
  elements,
  isShape,
  isStoredDtype,
  type StoredTensor,
  tensorBytes,
  tensorFault,
  tensorOf,
} from "./stored_tensor.ts";

/** Says what is wrong with a safetensors file, and in which one. */
export class SafetensorsError extends Error {
  override name = "SafetensorsError";
}

const METADATA = "__metadata__";
const LENGTH_BYTES = 8;
const MAX_HEADER_BYTES = 100_000_000;

/**
 * Writes tensors, in the order given, behind a header padded so that the data starts 8-byte aligned.
 * The same input gives the same bytes.
 *
 * @throws {SafetensorsError} when a tensor's type, shape and data do not fit together.
 */
export function encodeSafetensors(
  tensors: Record<string, StoredTensor>,
  metadata?: Record<string, string>,
): Uint8Array<ArrayBuffer> {
  const entries: [string, unknown][] = metadata ? [[METADATA, metadata]] : [];
  let size = 0;
  for (const [name, tensor] of Object.entries(tensors)) {
    if (name === METADATA) throw new SafetensorsError(`no tensor may be called ${METADATA}`);
    const fault = tensorFault(tensor);
    if (fault) throw new SafetensorsError(`tensor ${shown(name)} cannot be stored: ${fault}`);
    const { dtype, shape, data } = tensor;
    entries.push([name, { dtype, shape, data_offsets: [size, size += data.byteLength] }]);
  }
  const header = new TextEncoder().encode(JSON.stringify(Object.fromEntries(entries)));
  const start = Math.ceil((LENGTH_BYTES + header.length) / 8) * 8;
  const bytes = new Uint8Array(start + size);
  new DataView(bytes.buffer).setBigUint64(0, BigInt(start - LENGTH_BYTES), true);
  bytes.set(header, LENGTH_BYTES);
  bytes.fill(0x20, LENGTH_BYTES + header.length, start);
  let at = start;
  for (const tensor of Object.values(tensors)) {
    bytes.set(tensorBytes(tensor), at);
    at += tensor.data.byteLength;
  }
  return bytes;
}

/**
 * Reads a whole safetensors file; every tensor gets memory of its own. Nothing is believed: sizes,
 * names and byte ranges are checked before anything is allocated for them.
 *
 * @param source what to call the file in an error, its path for instance.
 * @throws {SafetensorsError} when the file is truncated, foreign or contradicts itself.
 */
export function decodeSafetensors(
  bytes: Uint8Array,
  source: string,
): { tensors: Record<string, StoredTensor>; metadata: Record<string, string> } {
  const fail = (problem: string): never => {
    throw new SafetensorsError(`${source} is not a whole safetensors file: ${problem}`);
  };
  if (bytes.length < LENGTH_BYTES) return fail(`it has only ${bytes.length} bytes`);
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const headerBytes = Number(view.getBigUint64(0, true));
  const left = bytes.length - LENGTH_BYTES;
  if (headerBytes > left || headerBytes > MAX_HEADER_BYTES) {
    return fail(`it promises a header of ${headerBytes} bytes where ${left} bytes follow`);
  }
  const start = LENGTH_BYTES + headerBytes;
  const header = parseHeader(bytes.subarray(LENGTH_BYTES, start), fail);
  const metadata = header[METADATA] ?? {};
  if (!isRecord(metadata) || !Object.values(metadata).every((value) => typeof value === "string")) {
    return fail(`${METADATA} may only hold text`);
  }

  const tensors: [string, StoredTensor][] = [];
  const ranges: { name: string; begin: number; end: number }[] = [];
  for (const [name, entry] of Object.entries(header)) {
    if (name === METADATA) continue;
    if (!isRecord(entry)) return fail(`the entry of tensor ${shown(name)} is not an object`);
    const { dtype, shape, data_offsets: range } = entry;
    if (!isStoredDtype(dtype)) {
      return fail(`tensor ${shown(name)} has the unknown dtype ${shown(String(dtype))}`);
    }
    if (!isShape(shape)) return fail(`tensor ${shown(name)} has no valid shape`);
    if (!isShape(range) || range.length !== 2) {
      return fail(`tensor ${shown(name)} has no valid data_offsets`);
    }
    const [begin, end] = range;
    if (begin > end || end > bytes.length - start) {
      const size = bytes.length - start;
      return fail(`tensor ${shown(name)} lies at ${begin} to ${end} of ${size} data bytes`);
    }
    if (elements(shape) * dtypeBytes(dtype) !== end - begin) {
      return fail(
        `tensor ${shown(name)} of ${dtype} [${shape}] does not fill ${end - begin} bytes`,
      );
    }
    tensors.push([name, tensorOf(dtype, shape, bytes.slice(start + begin, start + end))]);
    ranges.push({ name, begin, end });
  }

  ranges.sort((a, b) => a.begin - b.begin || a.end - b.end);
  let covered = 0;
  for (const { name, begin, end } of ranges) {
    if (begin < covered) return fail(`tensor ${shown(name)} overlaps the one before it`);
    if (begin > covered) return fail(`nothing owns data bytes ${covered} to ${begin}`);
    covered = end;
  }
  if (start + covered !== bytes.length) {
    return fail(`${bytes.length - start - covered} bytes follow the last tensor`);
  }
  return {
    tensors: Object.fromEntries(tensors),
    metadata: metadata as Record<string, string>,
  };
}

function parseHeader(bytes: Uint8Array, fail: (problem: string) => never): Record<string, unknown> {
  let text: string;
  let header: unknown;
  try {
    text = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true }).decode(bytes);
    header = JSON.parse(text);
  } catch {
    return fail("its header is not JSON");
  }
  if (!isRecord(header)) return fail("its header is not a JSON object");
  const twice = repeatedKey(text);
  if (twice !== null) return fail(`the name ${shown(twice)} appears twice`);
  return header;
}

/** The first key that an object of this (valid) JSON text has twice: JSON.parse would keep the last. */
function repeatedKey(json: string): string | null {
  const objects: Set<string>[] = [];
  for (let i = 0; i < json.length; i++) {
    if (json[i] === "{") objects.push(new Set());
    if (json[i] === "}") objects.pop();
    if (json[i] !== '"') continue;
    const begin = i++;
    while (json[i] !== '"') i += json[i] === "\\" ? 2 : 1;
    let next = i + 1;
    while (" \t\r\n".includes(json[next])) next++;
    if (json[next] !== ":") continue;
    const key: string = JSON.parse(json.slice(begin, i + 1));
    const seen = objects[objects.length - 1];
    if (seen.has(key)) return key;
    seen.add(key);
  }
  return null;
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}
