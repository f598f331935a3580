import { crc32c } from "./crc32c.ts";

/** Bytes before a record's data: its length, and the masked checksum of the length. */
const HEADER = 12;
/** Bytes after it: the masked checksum of the data. */
const FOOTER = 4;
/** Bytes read at a time. */
const BLOCK = 1 << 20;

/** TFRecord's mask, which keeps a checksum of data that hold checksums from being weak. */
function masked(crc: number): number {
  return ((crc >>> 15 | crc << 17) + 0xa282ead8) >>> 0;
}

/** A record of a TFRecord file: length, checksum, data, checksum, little-endian. */
export function encodeRecord(data: Uint8Array): Uint8Array<ArrayBuffer> {
  const record = new Uint8Array(HEADER + data.length + FOOTER);
  const view = new DataView(record.buffer);
  view.setBigUint64(0, BigInt(data.length), true);
  view.setUint32(8, masked(crc32c(record.subarray(0, 8))), true);
  record.set(data, HEADER);
  view.setUint32(HEADER + data.length, masked(crc32c(data)), true);
  return record;
}

/**
 * The first bytes of each record's data, at most `most`, valid until the next is taken. The last is
 * the file's last whole record, or what precedes one that a killed program left half written.
 */
export function* recordHeads(file: string, most: number): Generator<Uint8Array> {
  using handle = Deno.openSync(file);
  const { size } = handle.statSync();
  const block = new Uint8Array(BLOCK);
  const view = new DataView(block.buffer);
  let [start, end] = [0, 0];
  for (let at = 0; at + HEADER + FOOTER <= size;) {
    if (at + HEADER + most > end && end < size) {
      handle.seekSync(at, Deno.SeekMode.Start);
      [start, end] = [at, at + (handle.readSync(block) ?? 0)];
    }
    const head = block.subarray(at - start, end - start);
    if (head.length < HEADER) return;
    if (view.getUint32(at - start + 8, true) !== masked(crc32c(head.subarray(0, 8)))) return;
    const length = Number(view.getBigUint64(at - start, true));
    at += HEADER + length + FOOTER;
    if (at > size) return;
    yield head.subarray(HEADER, HEADER + Math.min(length, most));
  }
}
