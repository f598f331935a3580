/** The header of safetensors files: dtype, shape and byte range of each tensor, and metadata. */
import { counted } from "../../engine/counted.ts";
import { UserError } from "../../engine/user_error.ts";
import { contentKind, foreignContent } from "./foreign_content.ts";
import { isRecord } from "./is_record.ts";
import { dtypeBits, isListedDtype, type ListedDtype } from "./listed_dtype.ts";
import { repeatedKey } from "./repeated_key.ts";
import { shown } from "./shown.ts";
import { elements, isShape } from "./stored_tensor.ts";

/**
 * A safetensors file cannot be read or written; the message names it and the problem.
 * @category Files
 */
export class SafetensorsError extends UserError {
  /** The class's name. */
  override readonly name: string = "SafetensorsError";
}

/** A tensor's entry in the header. */
export interface SafetensorsEntry {
  /** Its element type. */
  dtype: ListedDtype;
  /** Its shape, row-major. */
  shape: number[];
  /** Its first byte, counted from the start of the file. */
  begin: number;
  /** The byte after its last. */
  end: number;
}

/** A parsed header. */
export interface SafetensorsHeader {
  /** The tensors by name. */
  entries: Record<string, SafetensorsEntry>;
  /** Strings about the file. */
  metadata: Record<string, string>;
}

/** The key of the metadata among the tensors. */
export const METADATA = "__metadata__";
/** Bytes before the header, which hold its length. */
export const LENGTH_BYTES = 8;
const MAX_HEADER_BYTES = 100_000_000;

/**
 * The length of the header in bytes.
 *
 * @param prefix the file's first 512 bytes, or all of it where it has fewer.
 * @param fileBytes the size of the whole file.
 * @throws {SafetensorsError} when the file is too short for it.
 */
export function headerLength(prefix: Uint8Array, fileBytes: number, source: string): number {
  const left = fileBytes - LENGTH_BYTES;
  const foreign = foreignContent(prefix);
  if (foreign && contentKind(prefix) !== "safetensors") throw failure(source)(`it is ${foreign}`);
  if (left < 0) throw failure(source)(`it has only ${counted(fileBytes, "byte")}`);
  const view = new DataView(prefix.buffer, prefix.byteOffset, prefix.byteLength);
  const length = Number(view.getBigUint64(0, true));
  if (length > left || length > MAX_HEADER_BYTES) {
    throw failure(source)(`it declares a header of ${length} bytes where ${left} bytes follow`);
  }
  return length;
}

/**
 * Parses a header. The tensors must fill the rest of the file exactly, without gaps or overlaps.
 *
 * @param bytes those of the header alone.
 * @param fileBytes the size of the whole file.
 * @throws {SafetensorsError} when the file is truncated, of another format or inconsistent.
 */
export function parseHeader(
  bytes: Uint8Array,
  fileBytes: number,
  source: string,
): SafetensorsHeader {
  const fail = failure(source);
  const header = parseJson(bytes, fail);
  const metadata = header[METADATA] ?? {};
  if (!isRecord(metadata) || !Object.values(metadata).every((value) => typeof value === "string")) {
    throw fail(`${METADATA} may only hold text`);
  }
  const start = LENGTH_BYTES + bytes.length;
  const entries = Object.entries(header)
    .filter(([name]) => name !== METADATA)
    .map(([name, entry]) => [name, parseEntry(name, entry, start, fileBytes, fail)] as const);

  const ranges = entries.toSorted(([, a], [, b]) => a.begin - b.begin || a.end - b.end);
  let covered = start;
  for (const [name, { begin, end }] of ranges) {
    if (begin < covered) throw fail(`tensor ${shown(name)} overlaps the one before it`);
    if (begin > covered) {
      throw fail(`nothing owns data bytes ${covered - start} to ${begin - start}`);
    }
    covered = end;
  }
  if (covered !== fileBytes) throw fail(`${fileBytes - covered} bytes follow the last tensor`);
  return {
    entries: Object.fromEntries(entries),
    metadata: metadata as Record<string, string>,
  };
}

function parseEntry(
  name: string,
  entry: unknown,
  start: number,
  fileBytes: number,
  fail: Fail,
): SafetensorsEntry {
  const tensor = `tensor ${shown(name)}`;
  if (!isRecord(entry)) throw fail(`the entry of ${tensor} is not an object`);
  const { dtype, shape, data_offsets: range } = entry;
  if (!isListedDtype(dtype)) {
    const named = typeof dtype === "string" ? `the unknown dtype ${shown(dtype)}` : "no dtype";
    throw fail(`${tensor} has ${named}`);
  }
  if (!isShape(shape)) throw fail(`${tensor} has no valid shape`);
  if (!isShape(range) || range.length !== 2) throw fail(`${tensor} has no valid data_offsets`);
  const [begin, end] = range;
  const size = fileBytes - start;
  if (begin > end || end > size) {
    throw fail(`${tensor} lies at ${begin} to ${end} of ${size} data bytes`);
  }
  if (elements(shape) * dtypeBits(dtype) !== 8 * (end - begin)) {
    throw fail(`${tensor} of ${dtype} [${shape}] does not fill ${counted(end - begin, "byte")}`);
  }
  return { dtype, shape, begin: start + begin, end: start + end };
}

type Fail = (problem: string) => SafetensorsError;

function failure(source: string): Fail {
  return (problem) => new SafetensorsError(`${source} is not a valid safetensors file: ${problem}`);
}

function parseJson(bytes: Uint8Array, fail: Fail): Record<string, unknown> {
  let text: string;
  let header: unknown;
  try {
    text = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true }).decode(bytes);
    header = JSON.parse(text);
  } catch {
    throw fail("its header is not JSON");
  }
  if (!isRecord(header)) throw fail("its header is not a JSON object");
  const twice = repeatedKey(text);
  if (twice !== null) throw fail(`the name ${shown(twice)} appears twice`);
  return header;
}
