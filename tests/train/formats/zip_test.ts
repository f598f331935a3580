import assert from "node:assert/strict";
import { deflateRawSync } from "node:zlib";
import { isZip, readZip, writeZip, ZipError, type ZipMember } from "../../../train/formats/zip.ts";

const members: ZipMember[] = [
  { name: "a.bin", bytes: Uint8Array.from({ length: 300 }, (_, i) => i) },
  { name: "folder/empty", bytes: new Uint8Array(0) },
  { name: "ü", bytes: Uint8Array.of(1, 2, 3) },
];
const LOCAL = { flags: 6, method: 8, crc: 14, packed: 18, size: 22, extra: 28 };
const ENTRY = { flags: 8, method: 10, crc: 16, packed: 20, size: 24, offset: 42 };
const END = { count: 10, size: 12, begin: 16 };

const readAll = (bytes: Uint8Array<ArrayBuffer>) =>
  [...readZip(bytes)].map(([name, read]) => ({ name, bytes: read() }));

function refuses(bytes: Uint8Array<ArrayBuffer>, message: RegExp): void {
  assert.throws(() => readAll(bytes), (error) => {
    assert.ok(error instanceof ZipError, String(error));
    assert.match(error.message, message);
    return true;
  });
}

/** Where the only member's directory entry and the end mark of an archive begin. */
function marks(bytes: Uint8Array): { entry: number; end: number } {
  const end = bytes.length - 22;
  return { entry: new DataView(bytes.buffer).getUint32(end + END.begin, true), end };
}

/** An archive of one member that was deflated, said to inflate to `size` bytes. */
function deflated(data: Uint8Array, size = data.length): Uint8Array<ArrayBuffer> {
  const packed = new Uint8Array(deflateRawSync(data));
  const bytes = writeZip([{ name: "a", bytes: packed }]);
  const view = new DataView(bytes.buffer);
  const plain = new DataView(writeZip([{ name: "a", bytes: Uint8Array.from(data) }]).buffer);
  for (const [at, fields] of [[0, LOCAL], [marks(bytes).entry, ENTRY]] as const) {
    view.setUint16(at + fields.method, 8, true);
    view.setUint32(at + fields.size, size, true);
    view.setUint32(at + fields.crc, plain.getUint32(LOCAL.crc, true), true);
  }
  return bytes;
}

/** An archive of one plainly stored member, changed by `change`. */
function changed(
  change: (view: DataView, entry: number, end: number) => void,
): Uint8Array<ArrayBuffer> {
  const bytes = writeZip([{ name: "a", bytes: Uint8Array.of(1, 2, 3, 4) }]);
  const { entry, end } = marks(bytes);
  change(new DataView(bytes.buffer), entry, end);
  return bytes;
}

Deno.test("zip round trips, aligned where requested, as views of the archive", () => {
  for (const alignment of [1, 64]) {
    const bytes = writeZip(members, alignment);
    assert.ok(isZip(bytes));
    assert.deepStrictEqual(readAll(bytes), members);
    for (const { bytes: data } of readAll(bytes)) {
      assert.equal(data.buffer, bytes.buffer);
      assert.equal(data.byteOffset % alignment, 0);
    }
  }
  assert.deepStrictEqual(readAll(writeZip([])), []);
});

Deno.test("readZip() inflates to the declared size and no further", () => {
  const zeros = new Uint8Array(100_000);
  assert.deepStrictEqual(readAll(deflated(zeros))[0].bytes, zeros);
  assert.deepStrictEqual(readAll(deflated(new Uint8Array(0)))[0].bytes, new Uint8Array(0));
  refuses(deflated(zeros, 99_999), /"a" cannot be inflated to its 99999 bytes/);
  refuses(deflated(zeros, 100_001), /has 100000 bytes, not the declared 100001/);
  refuses(deflated(zeros, 2 ** 32 - 2), /not the declared/);
});

Deno.test("readZip() refuses a damaged archive and names the problem", () => {
  refuses(new Uint8Array(0), /no end mark/);
  refuses(new Uint8Array(1000), /no end mark/);
  refuses(changed((view) => view.setUint8(31, 9)), /checksum does not hold/);
  refuses(changed((view) => view.setUint8(30, 98)), /header of member "a" contradicts/);
  refuses(changed((view) => view.setUint32(LOCAL.size, 5, true)), /contradicts the directory/);
  refuses(changed((view) => view.setUint16(LOCAL.extra, 999, true)), /contradicts the directory/);
  refuses(changed((view, at) => view.setUint32(at + ENTRY.offset, 2, true)), /contradicts/);
  refuses(changed((view, at) => view.setUint32(at, 0)), /directory is damaged/);
  refuses(changed((view, at) => view.setUint16(at + 28, 9999, true)), /directory is damaged/);
  refuses(
    changed((view, _, at) => view.setUint16(at + END.count, 2, true)),
    /several parts|damaged/,
  );
  refuses(changed((view, _, at) => view.setUint32(at + END.begin, 1, true)), /not where it says/);
  refuses(changed((view, _, at) => view.setUint32(at + END.size, 1, true)), /not where it says/);
  const both = (local: number, entry: number, value: number) =>
    changed((view, at) => {
      view.setUint16(local, value, true);
      view.setUint16(at + entry, value, true);
    });
  refuses(both(LOCAL.flags, ENTRY.flags, 1), /"a" is encrypted/);
  refuses(both(LOCAL.method, ENTRY.method, 12), /packed by method 12/);
  const sizes = changed((view, at) => {
    for (const field of [LOCAL.packed, LOCAL.size]) view.setUint32(field, 400, true);
    for (const field of [ENTRY.packed, ENTRY.size]) view.setUint32(at + field, 400, true);
  });
  refuses(sizes, /ends outside/);
  const b = { name: "b", bytes: Uint8Array.of(7) };
  const overlapping = writeZip([{ name: "a", bytes: writeZip([b]).slice(0, 32) }, b]);
  const second = marks(overlapping).entry + 46 + 1;
  new DataView(overlapping.buffer).setUint32(second + ENTRY.offset, 31, true);
  refuses(overlapping, /"b" overlaps the one before it/);
});

Deno.test("readZip() reads zip64 sizes and end marks", () => {
  const plain = writeZip([{ name: "a", bytes: Uint8Array.of(1, 2, 3, 4) }]);
  const { entry, end } = marks(plain);
  const extra = new Uint8Array(4 + 24);
  const sizes = new DataView(extra.buffer);
  sizes.setUint16(0, 1, true);
  sizes.setUint16(2, 24, true);
  sizes.setBigUint64(4, 4n, true);
  sizes.setBigUint64(12, 4n, true);
  const wide = plain.slice(entry, end);
  for (const field of [ENTRY.packed, ENTRY.size, ENTRY.offset]) wide.fill(255, field, field + 4);
  wide[30] = extra.length;
  const end64 = new Uint8Array(56 + 20);
  const view = new DataView(end64.buffer);
  view.setUint32(0, 0x06064b50, true);
  view.setBigUint64(24, 1n, true);
  view.setBigUint64(32, 1n, true);
  view.setBigUint64(40, BigInt(wide.length + extra.length), true);
  view.setBigUint64(48, BigInt(entry), true);
  view.setUint32(56, 0x07064b50, true);
  view.setBigUint64(64, BigInt(entry + wide.length + extra.length), true);
  const short = plain.slice(end);
  short.fill(255, END.count, END.begin + 4);
  const bytes = Uint8Array.from([...plain.slice(0, entry), ...wide, ...extra, ...end64, ...short]);
  assert.deepStrictEqual(readAll(bytes), [{ name: "a", bytes: Uint8Array.of(1, 2, 3, 4) }]);
});
