import assert from "node:assert/strict";
import { join } from "node:path";
import { openSafetensors } from "../../../train/formats/open_safetensors.ts";
import { encodeSafetensors, SafetensorsError } from "../../../train/formats/safetensors.ts";
import { type StoredTensor, tensorBytes } from "../../../train/formats/stored_tensor.ts";
import { DTYPES, everyRamp, ramp } from "./ramp.ts";

const every = everyRamp(DTYPES);

/** Runs `body` with a folder that holds these files. */
function inFolder(
  files: Record<string, Uint8Array | string>,
  body: (at: (name: string) => string) => void,
): void {
  const folder = Deno.makeTempDirSync();
  const at = (name: string) => join(folder, name);
  try {
    for (const [name, bytes] of Object.entries(files)) {
      if (typeof bytes === "string") Deno.writeTextFileSync(at(name), bytes);
      else Deno.writeFileSync(at(name), bytes);
    }
    body(at);
  } finally {
    Deno.removeSync(folder, { recursive: true });
  }
}

function allOf(path: string): Record<string, StoredTensor> {
  using file = openSafetensors(path);
  return Object.fromEntries(Object.keys(file.tensors).map((name) => [name, file.tensor(name)]));
}

const refuses = (path: string, message: RegExp) =>
  assert.throws(() => openSafetensors(path), (error) => {
    assert.ok(error instanceof SafetensorsError, String(error));
    assert.match(error.message, /^[^\n]*$/);
    assert.match(error.message, message);
    return true;
  });

Deno.test("openSafetensors() reads every tensor, whole or in pieces", () => {
  inFolder({ "x.safetensors": encodeSafetensors(every, { note: "n" }) }, (at) => {
    assert.deepStrictEqual(allOf(at("x.safetensors")), every);
    using file = openSafetensors(at("x.safetensors"));
    assert.deepStrictEqual(file.metadata, { note: "n" });
    const { dtype, shape } = file.tensors["F32.2x3x4"];
    assert.deepStrictEqual([dtype, shape], ["F32", [2, 3, 4]]);
    const whole = tensorBytes(every["F32.2x3x4"]);
    const pieces = new Uint8Array(whole.length);
    for (let i = 0; i < whole.length; i += 7) {
      file.read("F32.2x3x4", i, pieces.subarray(i, Math.min(i + 7, whole.length)));
    }
    assert.deepStrictEqual(pieces, whole);
    assert.throws(() => file.read("F32.2x3x4", 90, new Uint8Array(7)), RangeError);
    assert.throws(() => file.read("F32.2x3x4", -1, new Uint8Array(1)), RangeError);
    assert.throws(() => file.tensor("other"), { name: "RangeError", message: /no tensor "other"/ });
  });
});

Deno.test("openSafetensors() reads all files of a sharded index", () => {
  const names = Object.keys(every);
  const part = (rest: number) =>
    encodeSafetensors(
      Object.fromEntries(names.filter((_, i) => i % 2 === rest).map((name) => [name, every[name]])),
    );
  const weight_map = Object.fromEntries(names.map((name, i) => [name, `m-${i % 2}.safetensors`]));
  const files = {
    "m.safetensors.index.json": JSON.stringify({ metadata: { total_size: 1 }, weight_map }),
    "m-0.safetensors": part(0),
    "m-1.safetensors": part(1),
  };
  inFolder(files, (at) => assert.deepStrictEqual(allOf(at("m.safetensors.index.json")), every));
});

Deno.test("openSafetensors() refuses a bad index and names the problem", () => {
  const x = encodeSafetensors({ w: ramp("F32", 2) });
  const index = (weight_map: unknown) => ({
    "i.index.json": JSON.stringify({ weight_map }),
    "x.safetensors": x,
  });
  const refusesIndex = (files: Record<string, Uint8Array | string>, message: RegExp) =>
    inFolder(files, (at) => refuses(at("i.index.json"), message));
  refusesIndex({ "i.index.json": "{" }, /not JSON/);
  refusesIndex({ "i.index.json": "[]" }, /no weight_map/);
  refusesIndex(index([]), /no weight_map/);
  refusesIndex(index({ w: "../x.safetensors" }), /"w" is in no file next to it/);
  refusesIndex(index({ w: "x.bin" }), /"w" is in no file next to it/);
  refusesIndex(index({ w: "y.safetensors" }), /y\.safetensors: is missing/);
  refusesIndex(index({ w: "x.safetensors", v: "x.safetensors" }), /has no tensor "v"/);
  refusesIndex({ ...index({ v: "x.safetensors" }) }, /has no tensor "v"/);
  const both = encodeSafetensors({ w: ramp("F32", 2), v: ramp("F32") });
  refusesIndex({ ...index({ w: "x.safetensors" }), "x.safetensors": both }, /holds "v", which/);
  refusesIndex(
    { ...index({ w: "x.safetensors" }), "x.safetensors": x.subarray(0, 50) },
    /not a valid/,
  );
});

Deno.test("openSafetensors() refuses files that are truncated, missing, or shrink while open", () => {
  const bytes = encodeSafetensors(every);
  inFolder({}, (at) => {
    refuses(at("none.safetensors"), /none\.safetensors: is missing/);
    for (let percent = 0; percent < 100; percent += 3) {
      Deno.writeFileSync(at("x"), bytes.subarray(0, Math.floor(bytes.length * percent / 100)));
      refuses(at("x"), /not a valid safetensors file/);
    }
    Deno.writeFileSync(at("x"), bytes);
    using file = openSafetensors(at("x"));
    Deno.truncateSync(at("x"), bytes.length - 1);
    const name = Object.keys(every).findLast((name) => every[name].data.length > 0)!;
    assert.throws(() => file.tensor(name), { name: "SafetensorsError", message: /ends early/ });
  });
});
