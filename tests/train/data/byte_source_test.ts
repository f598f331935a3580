import assert from "node:assert/strict";
import { byteSource } from "../../../train/data/byte_source.ts";
import { shapes } from "../../../train/data/shapes.ts";

Deno.test("byteSource() is the source where it has bytes, and refuses latents, naming the source", () => {
  const source = shapes({ image_size: 8, n: 1, seed: 0 });
  assert.equal(byteSource(source), source);
  const read = () => Promise.resolve({ data: new Float32Array(192), labels: new Int32Array(1) });
  assert.throws(() => byteSource({ ...source, dtype: "moments", read }), {
    name: "DatasetError",
    message: /^coloured shapes: has latents, /,
  });
});
