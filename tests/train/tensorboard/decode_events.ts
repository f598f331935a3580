import { deepStrictEqual as deepEqual, ok, strictEqual as equal } from "node:assert/strict";

/** A protobuf message as its fields by number: integers, and the bytes of all other types. */
type Fields = Map<number, (number | Uint8Array)[]>;

/** Something that TensorBoard would show. */
export interface Shown {
  readonly tag: string;
  readonly step: number;
  readonly wall_time: number;
  /** A scalar; the bytes of an image; the hyper-parameters. */
  readonly value: number | Uint8Array | Record<string, unknown>;
}

/** The checksum bit by bit, as RFC 3720 defines it. */
function checksum(bytes: Uint8Array): number {
  let crc = 0xffffffffn;
  for (const byte of bytes) {
    crc ^= BigInt(byte);
    for (let bit = 0; bit < 8; bit++) crc = crc & 1n ? (crc >> 1n) ^ 0x82f63b78n : crc >> 1n;
  }
  crc ^= 0xffffffffn;
  return Number((((crc >> 15n) | (crc << 17n)) + 0xa282ead8n) & 0xffffffffn);
}

/** The data of a TFRecord file's records, both checksums of each compared. */
export function decodeRecords(file: Uint8Array): Uint8Array[] {
  const view = new DataView(file.buffer, file.byteOffset, file.length);
  const records: Uint8Array[] = [];
  for (let at = 0; at < file.length;) {
    const length = Number(view.getBigUint64(at, true));
    const data = file.subarray(at + 12, at + 12 + length);
    equal(view.getUint32(at + 8, true), checksum(file.subarray(at, at + 8)), "length's checksum");
    equal(view.getUint32(at + 12 + length, true), checksum(data), "data's checksum");
    records.push(data);
    at += 16 + length;
  }
  return records;
}

/**
 * What TensorBoard shows of a run's event files, read in order: a start of a session voids all that
 * was read with its step or a later one.
 */
export function shownOf(files: readonly Uint8Array[]): Shown[] {
  let shown: Shown[] = [];
  for (const file of files) {
    const [head, ...events] = decodeRecords(file).map(decode);
    equal(text(head.get(3)), "brain.Event:2");
    for (const event of events) {
      const [step, wall_time] = [Number(event.get(2)![0]), float(event.get(1)![0], 8)];
      const session = event.get(7)?.[0];
      if (session !== undefined) {
        deepEqual([...decode(bytes(session))], [[1, [1]]]);
        shown = shown.filter((one) => one.step < step);
      }
      for (const summary of event.get(5) ?? []) {
        for (const value of decode(bytes(summary)).get(1) ?? []) {
          shown.push({ step, wall_time, ...decodeValue(decode(bytes(value))) });
        }
      }
    }
  }
  return shown;
}

function decodeValue(value: Fields): Pick<Shown, "tag" | "value"> {
  const tag = text(value.get(1));
  const image = value.get(4);
  if (image) {
    const fields = decode(bytes(image[0]));
    const png = bytes(fields.get(4)![0]);
    const view = new DataView(png.buffer, png.byteOffset);
    deepEqual([fields.get(2)![0], fields.get(1)![0]], [view.getUint32(16), view.getUint32(20)]);
    return { tag, value: png };
  }
  const metadata = value.get(9);
  if (!metadata) return { tag, value: float(value.get(2)![0], 4) };
  const plugin = decode(bytes(decode(bytes(metadata[0])).get(1)![0]));
  equal(text(plugin.get(1)), "hparams");
  const session = decode(bytes(decode(bytes(plugin.get(2)![0])).get(3)![0]));
  return { tag, value: Object.fromEntries(session.get(1)!.map(hyperparameter)) };
}

function hyperparameter(entry: number | Uint8Array): [string, unknown] {
  const fields = decode(bytes(entry));
  const [[kind, [value]]] = [...decode(bytes(fields.get(2)![0]))];
  const name = text(fields.get(1));
  if (kind === 2) return [name, float(value, 8)];
  return [name, kind === 4 ? value === 1 : text([value])];
}

/** Any protobuf message. */
function decode(message: Uint8Array): Fields {
  const fields: Fields = new Map();
  let at = 0;
  const varint = () => {
    let value = 0n;
    for (let shift = 0n;; shift += 7n) {
      const byte = message[at++];
      value |= BigInt(byte & 0x7f) << shift;
      if (byte < 0x80) return Number(value);
    }
  };
  while (at < message.length) {
    const key = varint();
    const type = key & 7;
    ok([0, 1, 2, 5].includes(type), `wire type ${type}`);
    let value: number | Uint8Array = type === 0 ? varint() : 0;
    if (type !== 0) {
      const length = type === 2 ? varint() : type === 1 ? 8 : 4;
      value = message.subarray(at, at += length);
    }
    fields.set(key >> 3, [...fields.get(key >> 3) ?? [], value]);
  }
  equal(at, message.length);
  return fields;
}

function bytes(value: number | Uint8Array): Uint8Array {
  ok(value instanceof Uint8Array);
  return value;
}

function text(values: readonly (number | Uint8Array)[] | undefined): string {
  return new TextDecoder("utf-8", { fatal: true }).decode(bytes(values![0]));
}

function float(value: number | Uint8Array, size: 4 | 8): number {
  const { buffer, byteOffset, length } = bytes(value);
  equal(length, size);
  const view = new DataView(buffer, byteOffset);
  return size === 4 ? view.getFloat32(0, true) : view.getFloat64(0, true);
}
