import assert from "node:assert/strict";
import { evaluate } from "../../engine/evaluate.ts";
import { constant } from "../../engine/leaves.ts";
import { affine } from "../../engine/ops/unary.ts";
import { State } from "../../engine/state.ts";
import { SEGMENT_ELEMENTS } from "../../engine/state_layout.ts";
import { openDevice } from "../device.ts";

Deno.test("State holds zeros, then what is written", async () => {
  using device = await openDevice();
  using state = new State(device, { "a.weight": [3, 5], scalar: [], b: [65] }, "weights");
  assert.deepEqual(state.names, ["a.weight", "scalar", "b"]);
  assert.deepEqual(state.shape("a.weight"), [3, 5]);
  assert.deepEqual((await state.read())["a.weight"], new Float32Array(15));
  const numbers = Float32Array.from({ length: 100 }, (_, i) => i + 0.5);
  state.write("a.weight", numbers.subarray(7, 22));
  state.write("scalar", Float32Array.of(-1));
  state.writePart("b", 60, numbers.subarray(95));
  state.writePart("b", 0, numbers.subarray(35, 95));
  const beyond = /^ShapeError: weights: 6 elements from 60 on for "b" \[65\]$/;
  assert.throws(() => state.writePart("b", 60, new Float32Array(6)), beyond);
  const read = await state.read();
  assert.deepEqual(read["a.weight"], numbers.slice(7, 22));
  assert.deepEqual(read.scalar, Float32Array.of(-1));
  assert.deepEqual(read.b, numbers.slice(35));
  assert.deepEqual([...await evaluate(affine(state.tensor("scalar"), 2), {}, device)], [-2]);
});

Deno.test("State consists of segments that every adapter can bind", async () => {
  using device = await openDevice();
  const before = device.bufferBytes;
  const half = SEGMENT_ELEMENTS / 2;
  const state = new State(device, { a: [half], b: [half - 127], c: [1], d: [2, 3] }, "large");
  assert.deepEqual(state.segments().map((t) => t.shape), [[2 * half], [256]]);
  assert.deepEqual(state.buffers.map((b) => b.size), [8 * half, 1024]);
  state[Symbol.dispose]();
  assert.equal(device.bufferBytes, before);
  assert.throws(
    () => new State(device, { huge: [SEGMENT_ELEMENTS + 1] }, "large"),
    /^ShapeError: large: "huge" \[33554433\] is larger than 33554432 elements$/,
  );
  assert.equal(device.bufferBytes, before);
});

Deno.test("a State that cannot be made leaves no device memory", async () => {
  using device = await openDevice();
  const { createBuffer } = device;
  device.createBuffer = function (bytes, usage, label) {
    // The first segment is there before the second is refused.
    if (label === "large[1]") throw new Error("refused");
    return createBuffer.call(this, bytes, usage, label);
  };
  const shapes = { a: [SEGMENT_ELEMENTS / 2 + 1], b: [SEGMENT_ELEMENTS / 2] };
  assert.throws(() => new State(device, shapes, "large"), /refused/);
  assert.deepEqual([device.bufferBytes, device.bufferCount], [0, 0]);
});

Deno.test("State names the tensor at fault in its errors", async () => {
  using device = await openDevice();
  using state = new State(device, { a: [2, 3] }, "weights");
  assert.throws(() => state.tensor("b"), /^ShapeError: weights: there is no tensor "b"$/);
  assert.throws(() => state.shape("b"), /there is no tensor "b"/);
  assert.throws(
    () => state.write("a", new Float32Array(5)),
    /^ShapeError: weights: 5 elements for "a" \[2, 3\]$/,
  );
  assert.throws(
    () => state.pack({}),
    /^ShapeError: weights: no tensor for "a" \[2, 3\]$/,
  );
  assert.throws(
    () => state.pack({ a: constant([1, 2, 3, 4, 5]) }),
    /^ShapeError: weights: \[5\] for "a" \[2, 3\]$/,
  );
});
