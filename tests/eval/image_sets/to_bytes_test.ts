import assert from "node:assert/strict";
import { toBytes } from "../../../eval/image_sets/to_bytes.ts";

Deno.test("toBytes() maps -1..1 to 0..255, rounds and clamps", () => {
  const x = Float32Array.of(-1, 1, 0, -0.997, 0.99, -7, 3, Infinity, NaN);
  assert.deepEqual(toBytes(x), Uint8Array.of(0, 255, 128, 0, 254, 0, 255, 255, 0));
  const every = Float32Array.from({ length: 256 }, (_, byte) => byte / 127.5 - 1);
  assert.deepEqual(toBytes(every), Uint8Array.from({ length: 256 }, (_, byte) => byte));
});
