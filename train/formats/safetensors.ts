/**
 * Reading and writing safetensors: a JSON header of names, types and byte ranges, then the data.
 */
import {
  headerLength,
  LENGTH_BYTES,
  METADATA,
  parseHeader,
  SafetensorsError,
} from "./safetensors_header.ts";
import { shown } from "./shown.ts";
import { readable } from "./readable.ts";
import { type StoredTensor, tensorBytes, tensorFault } from "./stored_tensor.ts";

export { SafetensorsError };

/**
 * Writes tensors in the given order, after a header that is padded so that the data is 8-byte
 * aligned. Equal input gives equal bytes.
 *
 * @throws {SafetensorsError} when a tensor's dtype, shape and data do not agree.
 * @category Files
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
 * Reads a whole safetensors file; every tensor is a copy. Sizes, names and byte ranges are checked
 * before anything is allocated.
 *
 * @param source what to call the file in an error, its path for instance.
 * @throws {SafetensorsError} when the file is truncated, of another format or inconsistent.
 * @category Files
 */
export function decodeSafetensors(
  bytes: Uint8Array,
  source: string,
): { tensors: Record<string, StoredTensor>; metadata: Record<string, string> } {
  const start = LENGTH_BYTES + headerLength(bytes, bytes.length, source);
  const header = bytes.subarray(LENGTH_BYTES, start);
  const { entries, metadata } = parseHeader(header, bytes.length, source);
  const tensors = Object.entries(entries).map(([name, { dtype, shape, begin, end }]) =>
    [name, readable(dtype, shape, bytes.slice(begin, end), `${source}: ${name}`)] as const
  );
  return { tensors: Object.fromEntries(tensors), metadata };
}
