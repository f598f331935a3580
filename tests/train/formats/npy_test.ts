import assert from "node:assert/strict";
import {
  decodeNpy,
  decodeNpyObjects,
  encodeNpy,
  encodeNpyObjects,
  NpyError,
} from "../../../train/formats/npy.ts";
import type { StoredDtype } from "../../../train/formats/stored_tensor.ts";
import { DTYPES, everyRamp, ramp } from "./ramp.ts";

const FILES = new URL("../../data/formats/", import.meta.url);
const read = (name: string) => Deno.readFileSync(new URL(`${name}.npy`, FILES));
const numpyDtypes = DTYPES.filter((dtype) => dtype !== "BF16");

/** A file with this header text in front of `size` zero bytes. */
function file(header: string, size: number, version = 1): Uint8Array<ArrayBuffer> {
  const text = new TextEncoder().encode(header);
  const before = version === 1 ? 10 : 12;
  const bytes = new Uint8Array(before + text.length + size);
  bytes.set([0x93, ...new TextEncoder().encode("NUMPY"), version]);
  new DataView(bytes.buffer).setUint16(8, text.length, true);
  bytes.set(text, before);
  return bytes;
}

function refuses(bytes: Uint8Array<ArrayBuffer>, message: RegExp): void {
  assert.throws(() => decodeNpy(bytes, "run/x.npy"), (error) => {
    assert.ok(error instanceof NpyError, String(error));
    assert.match(error.message, /^run\/x\.npy is not a valid [^\n]*$/);
    assert.match(error.message, message);
    assert.ok(error.message.length < 300);
    return true;
  });
}

Deno.test("npy round trips for every dtype and shape", () => {
  for (const [name, tensor] of Object.entries(everyRamp(numpyDtypes))) {
    const bytes = encodeNpy(tensor);
    assert.equal((bytes.length - tensor.data.byteLength) % 64, 0);
    assert.deepStrictEqual(decodeNpy(bytes, name), tensor);
  }
  const precise = { dtype: "F64" as const, shape: [3], data: Float64Array.of(Math.PI, -0, NaN) };
  assert.deepStrictEqual(decodeNpy(encodeNpy(precise), "precise"), precise);
});

Deno.test("decodeNpy() reads NumPy's files of every type, either byte order", () => {
  const kinds: [string, StoredDtype][] = [
    ["f2", "F16"],
    ["f4", "F32"],
    ["f8", "F64"],
    ["i2", "I16"],
    ["i4", "I32"],
    ["i8", "I64"],
  ];
  for (const [kind, dtype] of kinds) {
    assert.deepStrictEqual(decodeNpy(read(`le_${kind}`), kind), ramp(dtype, 2, 3));
    if (kind !== "f2") {
      assert.deepStrictEqual(decodeNpy(read(`be_${kind}`), kind), ramp(dtype, 2, 3));
    }
  }
  assert.deepStrictEqual(decodeNpy(read("i1"), "i1"), ramp("I8", 2, 3));
  assert.deepStrictEqual(decodeNpy(read("u1"), "u1"), ramp("U8", 2, 3));
  assert.deepStrictEqual(decodeNpy(read("b1"), "b1"), ramp("BOOL", 2, 3));
});

Deno.test("decodeNpy() reads Fortran order, scalars, empty arrays and formats 2 and 3", () => {
  assert.deepStrictEqual(decodeNpy(read("fortran"), "fortran"), ramp("F32", 2, 3, 4));
  assert.deepStrictEqual(decodeNpy(read("scalar"), "scalar"), ramp("F32"));
  assert.deepStrictEqual(decodeNpy(read("empty"), "empty"), ramp("F32", 3, 0, 2));
  assert.deepStrictEqual(decodeNpy(read("version2"), "version2"), ramp("F32", 5));
  assert.deepStrictEqual(decodeNpy(read("version3"), "version3"), ramp("F32", 5));
});

Deno.test("decodeNpy() reads from the middle of a larger buffer, aligned or not", () => {
  const bytes = read("le_f8");
  for (const shift of [1, 8]) {
    const larger = new Uint8Array(bytes.length + 2 * shift).fill(99);
    larger.set(bytes, shift);
    const inside = larger.subarray(shift, shift + bytes.length);
    assert.deepStrictEqual(decodeNpy(inside, "inside"), ramp("F64", 2, 3));
  }
});

Deno.test("decodeNpyObjects() reads a feature file's moments and label", () => {
  assert.deepStrictEqual(decodeNpyObjects(read("feature"), "f"), [ramp("F32", 4, 2, 2), 3]);
  assert.deepStrictEqual(decodeNpyObjects(read("feature_fortran"), "f"), [ramp("F64", 2, 3), 3]);
  assert.throws(() => decodeNpyObjects(read("le_f4"), "f"), /holds numbers, not Python objects/);
  refuses(read("feature"), /holds Python objects/);
});

Deno.test("encodeNpyObjects() and decodeNpyObjects() round trip for every dtype and shape", () => {
  const arrays = Object.values(everyRamp(numpyDtypes));
  const values = [...arrays, 3, -1, 0.5, "text", null, true, [1, ramp("F16", 2)]];
  assert.deepStrictEqual(decodeNpyObjects(encodeNpyObjects(values), "f"), values);
  assert.deepStrictEqual(decodeNpyObjects(encodeNpyObjects([]), "f"), []);
  assert.throws(() => encodeNpyObjects([ramp("BF16", 2)]), {
    name: "NpyError",
    message: /no BF16/,
  });
});

Deno.test("decodeNpy() refuses a damaged file and names the problem", () => {
  const header = (rest: string) => `{'descr': '<f4', 'fortran_order': False, ${rest}}`;
  refuses(new Uint8Array(3), /only 3 bytes/);
  refuses(new Uint8Array(200), /does not start like one/);
  refuses(file(header("'shape': (1,)"), 4, 7), /version 7\.0 is unknown/);
  refuses(file("hello", 4), /header "hello" cannot be parsed/);
  refuses(file(header("'shape': (1)"), 4), /cannot be parsed/);
  refuses(file(header("'shape': (-1,)"), 4), /cannot be parsed/);
  refuses(file(header("'shape': (1,), 'shape': (1,)"), 4), /cannot be parsed/);
  refuses(file(header("'shape': (1,), 'more': True"), 4), /cannot be parsed/);
  refuses(file(header("'shape': (1,)") + "x", 4), /cannot be parsed/);
  refuses(file(header("'shape': (2,)"), 4), /<f4 \[2\] does not fill 4 bytes/);
  refuses(file(header("'shape': (1,)"), 5), /does not fill 5 bytes/);
  refuses(file(header("'shape': (9999999999999999, 9999999999999999)"), 4), /valid shape|not fill/);
  refuses(file(header(`'shape': (${"1,".repeat(100)})`), 4), /no valid shape/);
  refuses(file(header("'shape': (1,)").replace("<f4", "<c8"), 8), /type "<c8" is not one/);
  refuses(file(header("'shape': (1,)").replace("f4", "x".repeat(9999)), 8), /is not one/);
  const promising = file(header("'shape': (1,)"), 4);
  promising.fill(255, 8, 10);
  refuses(promising, /header is cut off/);
  refuses(read("strings"), /type "<U1"/);
});

Deno.test("encodeNpy() refuses what NumPy cannot hold", () => {
  assert.throws(() => encodeNpy(ramp("BF16", 2)), { name: "NpyError", message: /no BF16/ });
  const deep = ramp("F32", ...new Array<number>(65).fill(1));
  assert.throws(() => encodeNpy(deep), { name: "NpyError", message: /up to 64 sizes/ });
  const lying = { ...ramp("F32", 2), shape: [3] };
  assert.throws(() => encodeNpy(lying), { name: "NpyError", message: /does not hold 2 values/ });
});
