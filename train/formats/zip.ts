/** Zip archives in memory, as NumPy and PyTorch write them: members stored or deflated, zip64. */
import { crc32, inflateRawSync } from "node:zlib";
import { shown } from "./shown.ts";

/** An archive cannot be read or written; the message names the problem. */
export class ZipError extends Error {
  /** The class's name. */
  override readonly name: string = "ZipError";
}

/** A file of an archive. */
export interface ZipMember {
  /** Its path inside the archive. */
  name: string;
  /** Its content. */
  bytes: Uint8Array<ArrayBuffer>;
}

const LOCAL = 0x04034b50;
const ENTRY = 0x02014b50;
const END = 0x06054b50;
const END_64 = 0x06064b50;
const LOCATOR_64 = 0x07064b50;
const LOCAL_BYTES = 30;
const ENTRY_BYTES = 46;
const END_BYTES = 22;
const END_64_BYTES = 56;
const LOCATOR_64_BYTES = 20;
const FULL_16 = 0xffff;
const FULL_32 = 0xffffffff;
const ENCRYPTED = 1;
const SIZES_FOLLOW = 8;
const UTF8_NAME = 0x800;
const STORED = 0;
const DEFLATED = 8;
const ZIP64_EXTRA = 1;
const PADDING_EXTRA = 0x4246;
const DATE_1980 = 0x21;
const VERSION = 20;

interface Entry {
  name: string;
  flags: number;
  method: number;
  crc: number;
  packed: number;
  size: number;
  offset: number;
}

/** Whether a file starts like a zip archive. */
export function isZip(bytes: Uint8Array): boolean {
  return bytes.length >= 4 && new View(bytes).u32(0) === LOCAL;
}

/**
 * An archive's members by name, each with a function that reads it: a view of `bytes` where it is
 * stored, else inflated to at most the size that its header states.
 *
 * @throws {ZipError} here, when the directory and the members' headers do not agree; on reading a
 * member, when its size or checksum is wrong.
 */
export function readZip(
  bytes: Uint8Array<ArrayBuffer>,
): Map<string, () => Uint8Array<ArrayBuffer>> {
  const view = new View(bytes);
  const directory = findDirectory(view);
  const members = new Map<string, () => Uint8Array<ArrayBuffer>>();
  const spans: { name: string; begin: number; end: number }[] = [];
  let at = directory.begin;
  for (let i = 0; i < directory.count; i++) {
    const { entry, next } = readEntry(view, at, directory.end);
    if (members.has(entry.name)) throw new ZipError(`two members are called ${shown(entry.name)}`);
    const begin = dataBegin(view, entry, directory.begin);
    const end = begin + entry.packed;
    if (end > directory.begin) throw new ZipError(`member ${shown(entry.name)} ends outside`);
    members.set(entry.name, () => readMember(entry, bytes.subarray(begin, end)));
    spans.push({ name: entry.name, begin: entry.offset, end });
    at = next;
  }
  if (at !== directory.end) throw new ZipError("its directory is longer than its members");
  spans.sort((a, b) => a.begin - b.begin);
  spans.forEach(({ name, begin }, i) => {
    if (i > 0 && begin < spans[i - 1].end) {
      throw new ZipError(`member ${shown(name)} overlaps the one before it`);
    }
  });
  return members;
}

/** Reads little-endian numbers, with bounds checked. */
class View {
  readonly bytes: Uint8Array;
  readonly #view: DataView;

  constructor(bytes: Uint8Array) {
    this.bytes = bytes;
    this.#view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  }

  need(at: number, length: number): void {
    if (at < 0 || at + length > this.bytes.length) throw new ZipError("it ends early");
  }

  u16(at: number): number {
    this.need(at, 2);
    return this.#view.getUint16(at, true);
  }

  u32(at: number): number {
    this.need(at, 4);
    return this.#view.getUint32(at, true);
  }

  u64(at: number): number {
    this.need(at, 8);
    const value = Number(this.#view.getBigUint64(at, true));
    if (!Number.isSafeInteger(value)) throw new ZipError(`it declares ${value} bytes`);
    return value;
  }
}

function findDirectory(view: View): { begin: number; end: number; count: number } {
  const { length } = view.bytes;
  let end = length - END_BYTES;
  const first = Math.max(0, end - FULL_16);
  while (
    end >= first && !(view.u32(end) === END && end + END_BYTES + view.u16(end + 20) === length)
  ) {
    end--;
  }
  if (end < first) {
    throw new ZipError("it has no end mark, so it is truncated or not a zip archive");
  }
  const short = {
    disks: view.u16(end + 4) | view.u16(end + 6),
    here: view.u16(end + 8),
    count: view.u16(end + 10),
    size: view.u32(end + 12),
    begin: view.u32(end + 16),
  };
  const locator = end - LOCATOR_64_BYTES;
  let found = short;
  if (locator >= 0 && view.u32(locator) === LOCATOR_64) {
    end = view.u64(locator + 8);
    if (end + END_64_BYTES > locator || view.u32(end) !== END_64) {
      throw new ZipError("its end mark is damaged");
    }
    found = {
      disks: view.u32(end + 16) | view.u32(end + 20),
      here: view.u64(end + 24),
      count: view.u64(end + 32),
      size: view.u64(end + 40),
      begin: view.u64(end + 48),
    };
    const agrees = (value: number, wide: number, full: number) => value === full || value === wide;
    if (
      !agrees(short.count, found.count, FULL_16) || !agrees(short.size, found.size, FULL_32) ||
      !agrees(short.begin, found.begin, FULL_32)
    ) throw new ZipError("its two end marks disagree");
  }
  if (found.disks !== 0 || found.here !== found.count) {
    throw new ZipError("it is one of several parts, or its end mark is damaged");
  }
  if (found.begin + found.size !== end) throw new ZipError("its directory is not where it says");
  return { begin: found.begin, end, count: found.count };
}

function readEntry(view: View, at: number, limit: number): { entry: Entry; next: number } {
  if (at + ENTRY_BYTES > limit || view.u32(at) !== ENTRY) {
    throw new ZipError("its directory is damaged");
  }
  const nameEnd = at + ENTRY_BYTES + view.u16(at + 28);
  const extraEnd = nameEnd + view.u16(at + 30);
  const next = extraEnd + view.u16(at + 32);
  if (next > limit) throw new ZipError("its directory is damaged");
  const entry: Entry = {
    name: decodeName(view.bytes.subarray(at + ENTRY_BYTES, nameEnd)),
    flags: view.u16(at + 8),
    method: view.u16(at + 10),
    crc: view.u32(at + 16),
    packed: view.u32(at + 20),
    size: view.u32(at + 24),
    offset: view.u32(at + 42),
  };
  widen(view, entry, nameEnd, extraEnd);
  return { entry, next };
}

/** Takes 64-bit sizes from the extra field, where the 32-bit ones are all ones. */
function widen(view: View, entry: Entry, begin: number, end: number): void {
  const full = (["size", "packed", "offset"] as const).filter((key) => entry[key] === FULL_32);
  for (let at = begin; full.length > 0 && at + 4 <= end;) {
    const next = at + 4 + view.u16(at + 2);
    if (view.u16(at) === ZIP64_EXTRA) {
      at += 4;
      for (const key of full.splice(0)) {
        if (at + 8 > Math.min(next, end)) throw new ZipError("its directory is damaged");
        entry[key] = view.u64(at);
        at += 8;
      }
    }
    at = next;
  }
}

/** Where a member's data begins, after its own header, which must agree with the directory. */
function dataBegin(view: View, entry: Entry, limit: number): number {
  const { name, offset } = entry;
  const fail = () => new ZipError(`the header of member ${shown(name)} contradicts the directory`);
  if (offset + LOCAL_BYTES > limit || view.u32(offset) !== LOCAL) throw fail();
  const nameEnd = offset + LOCAL_BYTES + view.u16(offset + 26);
  const begin = nameEnd + view.u16(offset + 28);
  if (begin > limit) throw fail();
  const agrees = (value: number, wide: number) => value === FULL_32 || value === wide;
  if (
    decodeName(view.bytes.subarray(offset + LOCAL_BYTES, nameEnd)) !== name ||
    view.u16(offset + 6) !== entry.flags || view.u16(offset + 8) !== entry.method ||
    !(entry.flags & SIZES_FOLLOW) &&
      (view.u32(offset + 14) !== entry.crc || !agrees(view.u32(offset + 18), entry.packed) ||
        !agrees(view.u32(offset + 22), entry.size))
  ) throw fail();
  return begin;
}

function decodeName(bytes: Uint8Array): string {
  try {
    return new TextDecoder("utf-8", { fatal: true }).decode(bytes);
  } catch {
    throw new ZipError("a member's name is not text");
  }
}

function readMember(entry: Entry, packed: Uint8Array<ArrayBuffer>): Uint8Array<ArrayBuffer> {
  const name = shown(entry.name);
  if (entry.flags & ENCRYPTED) throw new ZipError(`member ${name} is encrypted`);
  let bytes = packed;
  if (entry.method === DEFLATED) {
    try {
      const limit = { maxOutputLength: Math.max(1, entry.size) };
      bytes = new Uint8Array(inflateRawSync(packed, limit));
    } catch {
      throw new ZipError(`member ${name} cannot be inflated to its ${entry.size} bytes`);
    }
  } else if (entry.method !== STORED) {
    throw new ZipError(`member ${name} is packed by method ${entry.method}; only deflate is known`);
  }
  if (bytes.length !== entry.size) {
    throw new ZipError(`member ${name} has ${bytes.length} bytes, not the declared ${entry.size}`);
  }
  if (crc32(bytes) !== entry.crc) {
    throw new ZipError(`member ${name} is damaged: its checksum does not hold`);
  }
  return bytes;
}

/**
 * Writes an archive of stored members, the data of each at a multiple of `alignment`. Equal members
 * give equal bytes.
 *
 * @throws {ZipError} when the bytes or members are too many for the format without zip64.
 */
export function writeZip(members: readonly ZipMember[], alignment = 1): Uint8Array<ArrayBuffer> {
  const entries: { name: Uint8Array; bytes: Uint8Array; padding: number; offset: number }[] = [];
  let directory = 0;
  let size = END_BYTES;
  for (const member of members) {
    const name = new TextEncoder().encode(member.name);
    if (name.length > FULL_16) throw new ZipError(`the name ${shown(member.name)} is too long`);
    const begin = directory + LOCAL_BYTES + name.length;
    const padding = alignment > 1 ? 4 + (2 * alignment - (begin + 4) % alignment) % alignment : 0;
    entries.push({ name, bytes: member.bytes, padding, offset: directory });
    directory = begin + padding + member.bytes.length;
    size += ENTRY_BYTES + name.length;
  }
  size += directory;
  if (size >= FULL_32) throw new ZipError(`${size} bytes are too many for one archive`);
  if (entries.length >= FULL_16) throw new ZipError(`${entries.length} members are too many`);

  const out = new Uint8Array(size);
  const view = new DataView(out.buffer);
  let at = 0;
  const u16 = (value: number) => (view.setUint16(at, value, true), at += 2);
  const u32 = (value: number) => (view.setUint32(at, value, true), at += 4);
  const put = (bytes: Uint8Array) => (out.set(bytes, at), at += bytes.length);
  const common = (name: Uint8Array, bytes: Uint8Array, crc: number, extra: number) => {
    [VERSION, UTF8_NAME, STORED, 0, DATE_1980].forEach(u16);
    [crc, bytes.length, bytes.length].forEach(u32);
    [name.length, extra].forEach(u16);
  };
  const sums = entries.map(({ bytes }) => crc32(bytes));
  entries.forEach(({ name, bytes, padding }, i) => {
    u32(LOCAL);
    common(name, bytes, sums[i], padding);
    put(name);
    if (padding > 0) [PADDING_EXTRA, padding - 4].forEach(u16);
    at += Math.max(0, padding - 4);
    put(bytes);
  });
  entries.forEach(({ name, bytes, offset }, i) => {
    u32(ENTRY);
    u16(VERSION);
    common(name, bytes, sums[i], 0);
    [0, 0, 0].forEach(u16);
    [0, offset].forEach(u32);
    put(name);
  });
  u32(END);
  [0, 0, entries.length, entries.length].forEach(u16);
  [size - END_BYTES - directory, directory].forEach(u32);
  u16(0);
  return out;
}
