import assert from "node:assert/strict";
import {
  decodeSafetensors,
  encodeSafetensors,
  SafetensorsError,
} from "../../../train/formats/safetensors.ts";
import type { StoredTensor } from "../../../train/formats/stored_tensor.ts";

const every: Record<string, StoredTensor> = {
  "a.F64": { dtype: "F64", shape: [2], data: Float64Array.of(Math.PI, -1e300) },
  "a.U8": { dtype: "U8", shape: [3, 1], data: Uint8Array.of(0, 7, 255) },
  "b.F32": { dtype: "F32", shape: [2, 2], data: Float32Array.of(1.5, -0, Infinity, 1e-40) },
  "b.F16": { dtype: "F16", shape: [3], data: Float16Array.of(1.5, -65504, 6e-8) },
  "c.BF16": { dtype: "BF16", shape: [2], data: Uint16Array.of(0x3f80, 0xffff) },
  "c.I64": { dtype: "I64", shape: [2], data: BigInt64Array.of(-(2n ** 63n), 5n) },
  "d.I32": { dtype: "I32", shape: [1, 1, 2], data: Int32Array.of(-(2 ** 31), 9) },
  "d.I16": { dtype: "I16", shape: [2], data: Int16Array.of(-32768, 32767) },
  "e.I8": { dtype: "I8", shape: [3], data: Int8Array.of(-128, 0, 127) },
  "e.BOOL": { dtype: "BOOL", shape: [2], data: Uint8Array.of(0, 1) },
  scalar: { dtype: "F32", shape: [], data: Float32Array.of(42) },
  empty: { dtype: "F32", shape: [4, 0, 2], data: new Float32Array(0) },
  ["__proto__"]: { dtype: "U8", shape: [1], data: Uint8Array.of(1) },
};
const metadata = { format: "scalelong", note: 'quotes ", braces {}, a colon: and ünïcode' };

/** A file with this header text and `size` zero bytes of data. */
function file(header: string, size: number): Uint8Array {
  const text = new TextEncoder().encode(header);
  const bytes = new Uint8Array(8 + text.length + size);
  new DataView(bytes.buffer).setBigUint64(0, BigInt(text.length), true);
  bytes.set(text, 8);
  return bytes;
}

function refuses(bytes: Uint8Array, message: RegExp): void {
  assert.throws(() => decodeSafetensors(bytes, "run/x.safetensors"), (error) => {
    assert.ok(error instanceof SafetensorsError);
    assert.match(error.message, /^run\/x\.safetensors [^\n]*$/);
    assert.match(error.message, message);
    return true;
  });
}

Deno.test("safetensors round trip for every dtype, scalars and empty tensors", () => {
  const bytes = encodeSafetensors(every, metadata);
  const decoded = decodeSafetensors(bytes, "made");
  assert.deepStrictEqual(decoded, { tensors: every, metadata });
  assert.deepEqual(Object.keys(decoded.tensors), Object.keys(every));
  assert.deepEqual(decodeSafetensors(encodeSafetensors({}), "none"), { tensors: {}, metadata: {} });
});

Deno.test("encodeSafetensors() is deterministic and aligns the data to 8 bytes", () => {
  for (const note of ["", "1", "12", "123", "1234"]) {
    const bytes = encodeSafetensors(every, { note });
    assert.deepEqual(bytes, encodeSafetensors(every, { note }));
    assert.equal(Number(new DataView(bytes.buffer).getBigUint64(0, true)) % 8, 0);
  }
});

Deno.test("decodeSafetensors() reads from the middle of a larger buffer", () => {
  const bytes = encodeSafetensors(every, metadata);
  const padded = new Uint8Array(bytes.length + 9).fill(99);
  padded.set(bytes, 3);
  const inside = padded.subarray(3, 3 + bytes.length);
  assert.deepStrictEqual(decodeSafetensors(inside, "made").tensors, every);
});

Deno.test("encodeSafetensors() refuses tensors whose type, shape and data disagree", () => {
  const one = Float32Array.of(1);
  const bad: [StoredTensor, RegExp][] = [
    [{ dtype: "F32", shape: [2], data: one }, /"w".*shape \[2\] does not hold 1/],
    [{ dtype: "F32", shape: [-1], data: one }, /"w".*not an array of up to 64 sizes/],
    [{ dtype: "I8", shape: [1], data: one } as unknown as StoredTensor, /"w".*I8 is stored from/],
  ];
  for (const [w, message] of bad) {
    assert.throws(() => encodeSafetensors({ w }), { name: "SafetensorsError", message });
  }
  const named = { __metadata__: every.scalar };
  assert.throws(() => encodeSafetensors(named), SafetensorsError);
});

Deno.test("decodeSafetensors() refuses a damaged file and names the problem", () => {
  const w = (rest: string) => `{"w":{"dtype":"F32",${rest}}}`;
  refuses(new Uint8Array(3), /only 3 bytes/);
  const lying = file("{}", 0);
  lying.fill(255, 0, 8);
  refuses(lying, /declares a header/);
  refuses(file("{oops", 0), /not JSON/);
  const notText = file('{"?":{"dtype":"U8","shape":[0],"data_offsets":[0,0]}}', 0);
  notText[notText.indexOf(63)] = 0xff;
  refuses(notText, /not JSON/);
  refuses(file("[]", 0), /not a JSON object/);
  refuses(file('{"w":3}', 0), /"w" is not an object/);
  refuses(file('{"__metadata__":{"step":3}}', 0), /only hold text/);
  refuses(file('{"w":{"dtype":"F5","shape":[1],"data_offsets":[0,4]}}', 4), /unknown dtype "F5"/);
  refuses(file('{"w":{"dtype":"toString","shape":[],"data_offsets":[0,4]}}', 4), /unknown dtype/);
  refuses(file(w('"shape":[1.5],"data_offsets":[0,4]'), 4), /no valid shape/);
  refuses(file(w('"shape":[1]'), 4), /no valid data_offsets/);
  refuses(file(w('"shape":[1],"data_offsets":[0,4,8]'), 4), /no valid data_offsets/);
  refuses(file(w('"shape":[1],"data_offsets":[0,8]'), 4), /0 to 8 of 4 data bytes/);
  refuses(file(w('"shape":[1],"data_offsets":[4,0]'), 4), /4 to 0 of 4/);
  refuses(file(w('"shape":[2],"data_offsets":[0,4]'), 4), /F32 \[2\] does not fill 4 bytes/);
  refuses(file(w('"shape":[67108864,67108864,67108864],"data_offsets":[0,4]'), 4), /does not fill/);
  refuses(file(w('"shape":[1],"data_offsets":[4,8]'), 8), /nothing owns data bytes 0 to 4/);
  refuses(file(w('"shape":[1],"data_offsets":[0,4]'), 6), /2 bytes follow the last tensor/);
  const at = (begin: number) =>
    `{"dtype":"F32","shape":[1],"data_offsets":[${begin},${begin + 4}]}`;
  refuses(file(`{"a":${at(0)},"b":${at(2)}}`, 6), /"b" overlaps/);
  refuses(file(`{"a":${at(0)},"\\u0061":${at(0)}}`, 4), /"a" appears twice/);
  refuses(file('{"a":{"dtype":"F32","dtype":"F32","shape":[1],"data_offsets":[0,4]}}', 4), /twice/);
});
