import assert from "node:assert/strict";
import { decodeNpy, decodeNpyObjects, encodeNpy, NpyError } from "../../../train/formats/npy.ts";
import { decodeNpz, encodeNpz, NpzError } from "../../../train/formats/npz.ts";
import { OpaqueValue } from "../../../train/formats/pickled_value.ts";
import { decodePth, encodePth, PthError, type PthValue } from "../../../train/formats/pth.ts";
import {
  decodeSafetensors,
  encodeSafetensors,
  SafetensorsError,
} from "../../../train/formats/safetensors.ts";
import { type StoredTensor, tensorFault } from "../../../train/formats/stored_tensor.ts";
import { readZip, writeZip, type ZipMember } from "../../../train/formats/zip.ts";
import { noticesCuts, SEEDS, withstands } from "./damage.ts";
import { ramp } from "./ramp.ts";

const read = (name: string) =>
  Deno.readFileSync(new URL(`../../data/formats/${name}`, import.meta.url));
const arrays = { a: ramp("F32", 2, 3), "b.c": ramp("I64"), d: ramp("U8", 0, 2) };

const whole = (tensors: Iterable<StoredTensor>, seed: number) => {
  for (const tensor of tensors) assert.equal(tensorFault(tensor), null, `seed ${seed}`);
};

/** Walks through a value: every tensor in it must fit together. */
function wholeValue(value: PthValue, seed: number): void {
  if (Array.isArray(value)) { for (const item of value) wholeValue(item, seed); }
  else if (value instanceof Map) { for (const item of value.values()) wholeValue(item, seed); }
  else if (typeof value === "object" && value !== null) {
    if (!(value instanceof OpaqueValue)) whole([value], seed);
  }
}

interface Case {
  file: Uint8Array<ArrayBuffer>;
  decode: (bytes: Uint8Array<ArrayBuffer>) => unknown;
  Fault: new (message: string) => Error;
  check: (value: never, seed: number) => void;
}

/** Formats with checksums give nothing else than what was stored. */
const same = (file: Uint8Array<ArrayBuffer>, decode: Case["decode"]): Case["check"] => {
  const stored = decode(file);
  return (value, seed) => assert.deepStrictEqual(value, stored, `seed ${seed}`);
};
const pth = (bytes: Uint8Array<ArrayBuffer>) => decodePth(bytes, "x.pth");
const npz = (bytes: Uint8Array<ArrayBuffer>) => decodeNpz(bytes, "x.npz");
const npy = (bytes: Uint8Array<ArrayBuffer>) => decodeNpy(bytes, "x.npy");
const objects = (bytes: Uint8Array<ArrayBuffer>) => decodeNpyObjects(bytes, "x.npy");
const safetensors = (bytes: Uint8Array<ArrayBuffer>) => decodeSafetensors(bytes, "x.safetensors");
const tensor = (value: StoredTensor, seed: number) => whole([value], seed);
/** Around a pickle an archive whose checksums hold, as somebody with intent would make it. */
const members = [...readZip(read("everything.pth"))]
  .map(([name, bytes]) => ({ name, bytes: bytes() }));
const isPickle = ({ name }: ZipMember) => name.endsWith("/data.pkl");
const repacked = (pickle: Uint8Array<ArrayBuffer>) =>
  pth(writeZip(members.map((m) => isPickle(m) ? { ...m, bytes: pickle } : m)));
const zipped = encodePth(new Map(Object.entries(arrays)));

const cases: Record<string, Case> = {
  safetensors: {
    file: encodeSafetensors(arrays, { note: "n" }),
    decode: safetensors,
    Fault: SafetensorsError,
    check: ({ tensors }: ReturnType<typeof safetensors>, seed) =>
      whole(Object.values(tensors), seed),
  },
  npy: { file: encodeNpy(arrays.a), decode: npy, Fault: NpyError, check: tensor },
  "npy in Fortran order": {
    file: read("fortran.npy"),
    decode: npy,
    Fault: NpyError,
    check: tensor,
  },
  "npy of objects": {
    file: read("feature.npy"),
    decode: objects,
    Fault: NpyError,
    check: wholeValue,
  },
  npz: {
    file: encodeNpz(arrays),
    decode: npz,
    Fault: NpzError,
    check: same(encodeNpz(arrays), npz),
  },
  "compressed npz": {
    file: read("compressed.npz"),
    decode: npz,
    Fault: NpzError,
    check: same(read("compressed.npz"), npz),
  },
  "pth in the zip form": { file: zipped, decode: pth, Fault: PthError, check: same(zipped, pth) },
  "pth of PyTorch": {
    file: read("everything.pth"),
    decode: pth,
    Fault: PthError,
    check: same(read("everything.pth"), pth),
  },
  "pickle of a pth with whole checksums": {
    file: members.find(isPickle)!.bytes,
    decode: repacked,
    Fault: PthError,
    check: wholeValue,
  },
  "pth in the legacy form": {
    file: read("everything_legacy.pth"),
    decode: pth,
    Fault: PthError,
    check: wholeValue,
  },
};

for (const [name, { file, decode, Fault, check }] of Object.entries(cases)) {
  Deno.test(`${name}: a file truncated at any percent is refused`, () => {
    noticesCuts(file, decode, Fault);
  });

  Deno.test(`${name}: ${SEEDS} damaged files are refused or read, and nothing else happens`, () => {
    withstands(file, decode, Fault, check as (value: unknown, seed: number) => void);
  });
}
