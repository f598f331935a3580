import assert from "node:assert/strict";
import { constant, input } from "../../engine/leaves.ts";
import { attention } from "../../engine/ops/attention.ts";
import { add } from "../../engine/ops/binary.ts";
import { unpackBytes } from "../../engine/ops/bytes.ts";
import { unpackF16 } from "../../engine/ops/unpack_f16.ts";
import { conv2d } from "../../engine/ops/conv2d.ts";
import { embedding } from "../../engine/ops/embedding.ts";
import { gelu } from "../../engine/ops/gelu.ts";
import { layerNorm } from "../../engine/ops/layer_norm.ts";
import { linear } from "../../engine/ops/linear.ts";
import { matmul } from "../../engine/ops/matmul.ts";
import { pack } from "../../engine/ops/pack.ts";
import { randomNormal } from "../../engine/ops/random.ts";
import { softmax } from "../../engine/ops/softmax.ts";
import { sum } from "../../engine/ops/sum.ts";
import { affine } from "../../engine/ops/unary.ts";
import { broadcastTo, concat, pad, permute, reshape, slice } from "../../engine/ops/views.ts";
import type { LeafType } from "../../engine/leaves.ts";
import type { Tensor } from "../../engine/tensor.ts";

const x = (...shape: number[]): Tensor => input("x", shape);
const whole = (dtype: LeafType, ...shape: number[]): Tensor => input("x", shape, dtype);

/** What each call is refused with. */
const refusals: readonly (readonly [string, () => Tensor, string])[] = [
  ["add", () => add(x(2, 3), x(4)), "add: [2, 3] and [4] do not broadcast"],
  ["add", () => add(x(2), whole("i32", 2)), "add: takes floats, not i32 [2]"],
  ["gelu", () => gelu(whole("u32", 2)), "gelu: takes floats, not u32 [2]"],
  ["matmul", () => matmul(x(2, 3), x(4, 5)), "matmul: [2, 3] and [4, 5] do not fit"],
  [
    "matmul, batches",
    () => matmul(x(2, 3, 4), x(3, 4, 5), { transposeB: true }),
    "matmul: [2, 3, 4] and [3, 4, 5] transposed do not fit",
  ],
  ["matmul, rank", () => matmul(x(3), x(3, 4)), "matmul: [3] is not a matrix"],
  [
    "linear",
    () => linear([x(2, 3), x(2, 4)], x(5, 6)),
    "linear: inputs [2, 3], [2, 4] do not fit a weight of [5, 6]",
  ],
  [
    "linear, type",
    () => linear(whole("i32", 2, 3), x(4, 3)),
    "linear: takes floats, not i32 [2, 3]",
  ],
  [
    "linear, bias",
    () => linear(x(2, 3), x(4, 3), x(3)),
    "linear: bias [3] does not fit a weight of [4, 3]",
  ],
  [
    "layer_norm",
    () => layerNorm(x(2, 3), { weight: x(3), bias: x(2) }),
    "layer_norm: weight [3] and bias [2] are not of the width of [2, 3]",
  ],
  [
    "layer_norm, type",
    () => layerNorm(whole("u32", 2, 3), { weight: x(3), bias: x(3) }),
    "layer_norm: takes floats, not u32 [2, 3]",
  ],
  [
    "attention",
    () => attention(x(2, 7, 16), { heads: 4, scale: 1 }),
    "attention: [2, 7, 16] is not [batch, tokens, 3 x 4 heads x width]",
  ],
  [
    "attention, apart",
    () => attention({ q: x(2, 7, 8), k: x(2, 5, 6), v: x(2, 5, 8) }, { heads: 4, scale: 1 }),
    "attention: [2, 5, 6] is not [2, tokens, 8]",
  ],
  [
    "attention, values",
    () => attention({ q: x(2, 7, 8), k: x(2, 5, 8), v: x(2, 4, 8) }, { heads: 4, scale: 1 }),
    "attention: 5 keys and 4 values",
  ],
  [
    "attention, heads",
    () => attention({ q: x(2, 7, 8), k: x(2, 7, 8), v: x(2, 7, 8) }, { heads: 3, scale: 1 }),
    "attention: [2, 7, 8] is not [batch, tokens, 3 heads x width]",
  ],
  [
    "attention, causal",
    () => {
      const [q, k] = [x(2, 7, 8), x(2, 5, 8)];
      return attention({ q, k, v: k }, { heads: 4, scale: 1, causal: true });
    },
    "attention: a causal mask of 7 queries and 5 keys",
  ],
  [
    "attention, type",
    () => attention(whole("i32", 1, 2, 3), { heads: 1, scale: 1 }),
    "attention: takes floats, not i32 [1, 2, 3]",
  ],
  [
    "conv2d",
    () => conv2d(x(1, 3, 8, 8), x(4, 2, 3, 3)),
    "conv2d: input [1, 3, 8, 8] and weight [4, 2, 3, 3] do not fit",
  ],
  [
    "conv2d, small",
    () => conv2d(x(1, 1, 2, 8), x(4, 1, 3, 3)),
    "conv2d: output [1, 4, 0, 6] has an empty dimension",
  ],
  [
    "conv2d, stride",
    () => conv2d(x(1, 1, 4, 8), x(4, 1, 3, 3), { stride: [1, 0] }),
    "conv2d: stride [1, 0] is not of whole numbers from 1",
  ],
  [
    "conv2d, padding",
    () => conv2d(x(1, 1, 4, 8), x(4, 1, 3, 3), { padding: [1, 0.5] }),
    'conv2d: padding {"top":1,"bottom":1,"left":0.5,"right":0.5} is not of whole numbers from 0',
  ],
  [
    "conv2d, bias",
    () => conv2d(x(1, 1, 4, 8), x(4, 1, 3, 3), { bias: x(3) }),
    "conv2d: bias [3] is not [4]",
  ],
  [
    "conv2d, type",
    () => conv2d(x(1, 1, 2, 8), whole("i32", 4, 1, 1, 1)),
    "conv2d: takes floats, not i32 [4, 1, 1, 1]",
  ],
  [
    "embedding",
    () => embedding(x(5, 2), x(3)),
    "embedding: takes a table [rows, width] and i32 indices, not [5, 2] and f32",
  ],
  [
    "embedding, type",
    () => embedding(whole("i32", 5, 2), whole("i32", 3)),
    "embedding: takes floats, not i32 [5, 2]",
  ],
  ["softmax", () => softmax(whole("i32", 3)), "softmax: takes floats, not i32 [3]"],
  ["sum, axis", () => sum(x(2, 3), [-1]), "sum: [2, 3] has no dimension -1"],
  ["sum, type", () => sum(whole("i32", 2)), "sum: takes floats, not i32 [2]"],
  [
    "unpack_bytes",
    () => unpackBytes(whole("u32", 2), [9]),
    "unpack_bytes: 2 words do not hold [9]",
  ],
  [
    "unpack_f16",
    () => unpackF16(whole("u32", 2), [5]),
    "unpack_f16: 2 words do not hold [5]",
  ],
  ["reshape", () => reshape(x(2, 3), [4, -1]), "reshape: [2, 3] does not fill [4, 1.5]"],
  ["permute", () => permute(x(2, 3), [0, 0]), "permute: axes [0,0] do not order [2, 3]"],
  ["broadcast", () => broadcastTo(x(2, 3), [3]), "broadcast: [2, 3] does not reach [3]"],
  [
    "broadcast",
    () => broadcastTo(x(2, 3), [2, 4]),
    "broadcast: [2, 3] and [2, 4] do not broadcast",
  ],
  ["slice", () => slice(x(2, 3), 1, 1, 4), "slice: 1 to 4 of dimension 1 of [2, 3]"],
  ["pad, axis", () => pad(x(2, 3), 2, 1, 1), "pad: [2, 3] has no dimension 2"],
  [
    "concat",
    () => concat([x(2, 3), x(1, 2)], 1),
    "concat: [2, 3] and [1, 2] differ in more than dimension 1",
  ],
  ["concat, axis", () => concat([x(2, 3), x(2, 3)], -1), "concat: [2, 3] has no dimension -1"],
  ["pack", () => pack([x(5)], { offsets: [2], length: 6 }), "pack: input 0 of 5 overruns 2 to 6"],
  [
    "random",
    () => randomNormal(x(4), [2], 0),
    "random: takes a u32 key of 4: seed low, seed high, step, first sample",
  ],
  ["constant", () => constant([1, 2, 3], [2]), "constant: 3 elements do not fill [2]"],
  ["input", () => x(2, 0), "input: output [2, 0] has an empty dimension"],
];

for (const [what, call, message] of refusals) {
  Deno.test(`operations reject what does not fit: ${what}, ${message}`, () => {
    assert.throws(call, { name: "ShapeError", message });
  });
}

Deno.test("affine() folds a constant of one element", () => {
  const y = affine(constant([3]), 2, 1);
  assert.equal(y.node.op.name, "constant");
  assert.equal(affine(constant([3, 4]), 2).node.op.name, "affine");
});

Deno.test("nodes are numbered so that inputs come first", () => {
  const a = x(2);
  const b = add(a, a);
  assert.ok(b.node.id > a.node.id);
  assert.deepEqual([b.size, b.shape, b.dtype, b.index], [2, [2], "f32", 0]);
});

Deno.test("constant() takes numbers, nested arrays and typed arrays", () => {
  const shapes = [constant(2), constant([1]), constant([[1, 2, 3], [4, 5, 6]])].map((t) => t.shape);
  assert.deepEqual(shapes, [[], [1], [2, 3]]);
  const { data } = constant([[1, 2], [3, 4]]).node.attrs as { data: Float32Array };
  assert.deepEqual(data, Float32Array.of(1, 2, 3, 4));
  assert.deepEqual(constant([1, 2, 3, 4], [2, 2]).shape, [2, 2]);
  assert.equal(constant(Uint32Array.of(1)).dtype, "u32");
});

Deno.test("constant() refuses what is no tensor", () => {
  const refused = [
    [[[1], [1, 2]], "constant: its arrays differ: one has the shape [1], another [2]"],
    [[1, [2]], "constant: its arrays differ: one has the shape [], another [1]"],
    [[[1, "x"]], "constant: x is not a number"],
    [undefined, "constant: undefined is not a number"],
    [
      Float64Array.of(1),
      "constant: takes Float32Array, Int32Array or Uint32Array, not Float64Array",
    ],
    [[], "constant: output [0] has an empty dimension"],
  ] as [never, string][];
  for (const [data, message] of refused) {
    assert.throws(() => constant(data), { name: "ShapeError", message });
  }
});

Deno.test("a tensor prints as a line", () => {
  const normed = layerNorm(x(3, 8), { weight: x(8), bias: x(8) });
  assert.equal(Deno.inspect([normed]), "[ Tensor f32 [3, 8] of layer_norm ]");
});
