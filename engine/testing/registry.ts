import { counted } from "../counted.ts";
import type { ExampleInput, OperationExample } from "./example.ts";
import { attention } from "../ops/attention.ts";
import { add, div, mul, sub } from "../ops/binary.ts";
import { unpackBytes } from "../ops/bytes.ts";
import { unpackF16 } from "../ops/unpack_f16.ts";
import { cast } from "../ops/cast.ts";
import { conv2d, type Conv2dOptions } from "../ops/conv2d.ts";
import { dropout } from "../ops/dropout.ts";
import { applyOne } from "../ops/elementwise.ts";
import { embedding } from "../ops/embedding.ts";
import { gelu } from "../ops/gelu.ts";
import { groupNorm } from "../ops/group_norm.ts";
import { layerNorm } from "../ops/layer_norm.ts";
import { linear } from "../ops/linear.ts";
import { matmul, type MatmulAttrs } from "../ops/matmul.ts";
import { avgPool2d, maxPool2d, resizeBilinear } from "../pooling.ts";
import { max, min } from "../ops/max.ts";
import { pack, unpack } from "../ops/pack.ts";
import { randomNormal, randomUniform } from "../ops/random.ts";
import { softmax } from "../ops/softmax.ts";
import { sumOfSquares } from "../ops/sum_of_squares.ts";
import { squeezeExcitation } from "../ops/squeeze_excitation.ts";
import { mean, sum } from "../ops/sum.ts";
import { affine, cos, exp, relu, sigmoid, silu, sin, sqrt, square, step } from "../ops/unary.ts";
import { upsampleNearest } from "../ops/upsample_nearest.ts";
import { broadcastTo, concat, pad, permute, reshape, slice, windowOp } from "../ops/views.ts";
import { finite, where } from "../ops/where.ts";
import { type Shape, shapeText, type Tensor } from "../tensor.ts";

const f32 = (shape: Shape, values?: ExampleInput["values"]): ExampleInput => ({
  shape,
  dtype: "f32",
  values,
});

/** An example whose inputs are all differentiable and f32. */
function smooth(
  name: string,
  shapes: readonly Shape[],
  build: (inputs: readonly Tensor[]) => Tensor | readonly Tensor[],
): OperationExample {
  return {
    name,
    inputs: shapes.map((shape) => f32(shape)),
    differentiable: [...shapes.keys()],
    build: (inputs) => [build(inputs)].flat(),
  };
}

function unary(
  name: string,
  f: (x: Tensor) => Tensor,
  values: (i: number) => number,
  shape: Shape = [7, 13],
): OperationExample {
  const x = f32(shape, values);
  return {
    name: `${name}: ${shapeText(shape)}`,
    inputs: [x],
    differentiable: [0],
    build: ([x]) => [f(x)],
  };
}

/** Zeros and numbers. */
const flags = (i: number): number => (i * 5) % 3 - 1;

/** Numbers spread over +-reach that keep away from 0. */
const spread = (reach: number) => (i: number): number => reach * (((i * 29) % 91 + 0.5) / 45.5 - 1);

const unaries: readonly OperationExample[] = [
  unary("affine", (x) => affine(x, -1.5, 0.25), spread(2)),
  unary("affine, size of a vector kernel's workgroup + 1", (x) => affine(x, 3), spread(1), [2052]),
  unary("exp", exp, spread(4)),
  unary("sqrt", sqrt, (i) => 0.25 + i / 8),
  unary("sin, hundreds of turns", sin, spread(1500)),
  unary("cos, hundreds of turns", cos, spread(1500)),
  unary("relu", relu, spread(2)),
  unary("sigmoid", sigmoid, spread(12)),
  unary("silu", silu, spread(12)),
  unary("square", square, spread(3)),
  unary("gelu", gelu, spread(7)),
  unary("gelu, vectors", gelu, spread(3), [3, 12]),
  {
    name: "step: [7, 13]",
    inputs: [f32([7, 13], spread(2))],
    differentiable: [],
    build: ([x]) => [step(x)],
  },
];

type Binary = (a: Tensor, b: Tensor) => Tensor;

function binary(name: string, f: Binary, a: Shape, b: Shape): OperationExample {
  return {
    name: `${name}: ${shapeText(a)} and ${shapeText(b)}`,
    inputs: [f32(a), f32(b, (i) => (i % 2 ? 1 : -1) * (1 + (i % 17) / 16))],
    differentiable: [0, 1],
    build: ([x, y]) => [f(x, y)],
  };
}

const binaries: readonly OperationExample[] = [
  binary("add", add, [5, 7], [5, 7]),
  binary("add", add, [513], [513]),
  binary("add", add, [], [1, 1]),
  binary("sub", sub, [3, 1, 8], [4, 1]),
  binary("sub", sub, [2, 1, 4], [1, 3, 1]),
  binary("mul", mul, [5, 1], [1, 7]),
  binary("mul", mul, [3, 8], [8]),
  binary("mul", mul, [6, 8], [6, 1]),
  binary("mul", mul, [2, 3, 4, 5], [3, 1, 1]),
  binary("mul", mul, [4100], []),
  binary("div", div, [5, 7], [7]),
  binary("div", div, [1], [3, 8]),
];

const choices: readonly OperationExample[] = [
  {
    name: "where: [7, 13] by row, one side a scalar",
    inputs: [f32([7, 1], flags), f32([7, 13]), f32([])],
    differentiable: [1, 2],
    build: ([condition, a, b]) => [where(condition, a, b)],
  },
  {
    name: "where: [3, 8], vectors, what is not chosen infinite",
    inputs: [f32([3, 8], flags), f32([3, 8], (i) => flags(i) === 0 ? Infinity : i / 8)],
    differentiable: [],
    build: ([condition, x]) => [where(condition, x, where(finite(x), x, condition))],
  },
  {
    name: "finite: [7, 13] with infinities and NaN",
    inputs: [f32([7, 13], (i) => [3e38, Infinity, NaN, -Infinity, 0][i % 5])],
    differentiable: [],
    build: ([x]) => [finite(x)],
  },
];

const fused: readonly OperationExample[] = [
  smooth("fused chain: [6, 9], shared values", [[6, 9], [9], [6, 1]], ([x, a, b]) => {
    const y = gelu(add(mul(x, a), b));
    return [add(mul(y, x), sigmoid(y)), y];
  }),
  smooth("fused chain: transposed in the middle", [[8, 12], [12, 8]], ([x, y]) => {
    return mul(permute(silu(x), [1, 0]), add(y, permute(x, [1, 0])));
  }),
  smooth(
    "fused epilogue: linear 257 x 16 -> 12, bias, gelu, residual",
    [[257, 16], [12, 16], [12], [257, 12]],
    ([x, w, b, r]) => add(gelu(linear(x, w, b)), r),
  ),
  smooth(
    "fused epilogue: matmul 3 x (5 x 7 x 9), rows and columns scaled",
    [[3, 5, 7], [3, 7, 9], [5, 1], [3, 1, 9]],
    ([a, b, rows, columns]) => mul(mul(matmul(a, b), rows), columns),
  ),
  smooth(
    "fused epilogue: linear 5 x 150 -> 20, value and gelu kept",
    [[5, 150], [20, 150]],
    ([x, w]) => {
      const y = linear(x, w);
      return [y, gelu(y)];
    },
  ),
];

function product(m: number, k: number, n: number): OperationExample {
  return smooth(`linear: ${m} x ${k} -> ${n}`, [[m, k], [n, k]], ([x, w]) => linear(x, w));
}

function parts(m: number, [left, right]: readonly [number, number], n: number): OperationExample {
  return smooth(
    `linear: ${m} x (${left} + ${right}) -> ${n}, bias`,
    [[m, left], [m, right], [n, left + right], [n]],
    ([x, skip, weight, bias]) => linear([x, skip], weight, bias),
  );
}

function matrices(
  [batch, m, k, n]: readonly [number, number, number, number],
  attrs: Partial<MatmulAttrs>,
): OperationExample {
  const { transposeA, transposeB } = attrs;
  const text = [transposeA ? ", A transposed" : "", transposeB ? ", B transposed" : ""].join("");
  return smooth(
    `matmul: ${batch} x (${m} x ${k} x ${n})${text}`,
    [transposeA ? [batch, k, m] : [batch, m, k], transposeB ? [batch, n, k] : [batch, k, n]],
    ([a, b]) => matmul(a, b, attrs),
  );
}

const products: readonly OperationExample[] = [
  // Tiles are 8, 16, 32, 64 and 128 columns wide; K goes in steps of 16, 32 and 64.
  product(1, 1, 1),
  product(7, 13, 5),
  product(9, 17, 8),
  product(5, 16, 9),
  product(17, 33, 15),
  product(15, 31, 16),
  product(65, 65, 31),
  product(63, 64, 33),
  product(257, 129, 7),
  product(3, 128, 65),
  parts(7, [13, 6], 5),
  parts(9, [16, 32], 24),
  parts(3, [1, 2], 2),
  parts(13, [100, 36], 40),
  parts(300, [64, 72], 32),
  // Enough rows for split-K on a GPU.
  parts(2055, [6, 6], 5),
  parts(2052, [8, 8], 12),
  smooth("linear: [2, 3, 5] -> [2, 3, 4], bias", [[2, 3, 5], [4, 5], [4]], ([x, w, b]) => {
    return linear(x, w, b);
  }),
  matrices([3, 9, 17, 13], {}),
  matrices([2, 33, 65, 17], { transposeA: true }),
  matrices([3, 9, 17, 13], { transposeB: true }),
  matrices([2, 5, 31, 66], { transposeA: true, transposeB: true }),
  smooth("matmul: [2, 3, 5] by [5, 4]", [[2, 3, 5], [5, 4]], ([a, b]) => matmul(a, b)),
  // Whole vectors in every direction, but no whole tiles.
  matrices([2, 68, 20, 36], {}),
  matrices([2, 36, 100, 68], { transposeA: true }),
  matrices([1, 36, 20, 72], { transposeB: true }),
  matrices([1, 68, 36, 100], { transposeA: true, transposeB: true }),
  // Long enough for split-K on a GPU.
  product(2055, 5, 6),
  // Enough elements for the widest tile on a discrete GPU.
  matrices([64, 129, 17, 131], {}),
  matrices([64, 129, 17, 131], { transposeA: true, transposeB: true }),
];

function attending(
  [batch, tokens, heads, width]: readonly [number, number, number, number],
  { causal }: { readonly causal?: boolean } = {},
): OperationExample {
  return smooth(
    `attention: ${batch} x ${tokens} tokens, ${heads} heads of ${width}${causal ? ", causal" : ""}`,
    [[batch, tokens, 3 * heads * width]],
    ([qkv]) => attention(qkv, { heads, scale: 2 * width ** -0.5, causal }),
  );
}

/** Queries, keys and values apart; of as many tokens as there are queries where `causal`. */
function attendingTo(
  [batch, tokens, keys, heads, width]: readonly [number, number, number, number, number],
  { causal }: { readonly causal?: boolean } = {},
): OperationExample {
  const size = `${batch} x ${tokens} tokens by ${keys}, ${heads} heads of ${width}`;
  return smooth(
    `attention: ${size}${causal ? ", causal" : ""}`,
    [[batch, tokens, heads * width], ...Array(2).fill([batch, keys, heads * width])],
    ([q, k, v]) => attention({ q, k, v }, { heads, scale: 2 * width ** -0.5, causal }),
  );
}

function normal(rows: number, columns: number): OperationExample {
  return smooth(
    `layer_norm: ${rows} x ${columns}`,
    [[rows, columns], [columns], [columns]],
    ([x, weight, bias]) => layerNorm(x, { weight, bias }),
  );
}

/** Rows that no lane holds in registers. */
function normalLong(where: string, values: (i: number) => number): OperationExample {
  return {
    name: `layer_norm: 2 x 2112, ${where}`,
    inputs: [f32([2, 2112], values), f32([2112]), f32([2112])],
    differentiable: [],
    build: ([x, weight, bias]) => [layerNorm(x, { weight, bias })],
  };
}

function grouped(shape: Shape, groups: number): OperationExample {
  return smooth(
    `group_norm: ${shapeText(shape)} in ${counted(groups, "group")}`,
    [shape, [shape[1]], [shape[1]]],
    ([x, weight, bias]) => groupNorm(x, { weight, bias, groups }),
  );
}

function gated(
  shapes: readonly Shape[],
  hidden: number,
  use: (scaled: readonly Tensor[], xs: readonly Tensor[]) => readonly Tensor[],
): OperationExample {
  const [, width] = shapes[0];
  return smooth(
    `squeeze_excitation: ${shapes.map(shapeText).join(", ")} by ${hidden}`,
    [...shapes, [hidden, width], [hidden], [width, hidden], [width]],
    (inputs) => {
      const xs = inputs.slice(0, shapes.length);
      const [w1, b1, w2, b2] = inputs.slice(shapes.length);
      const layers = { layer1: { weight: w1, bias: b1 }, layer2: { weight: w2, bias: b2 } };
      return use(squeezeExcitation(xs, layers).scaled, xs);
    },
  );
}

function softened(shape: Shape, scale = 1): OperationExample {
  const times = scale === 1 ? "" : `, times ${scale}`;
  return smooth(
    `softmax: ${shapeText(shape)}${times}`,
    [shape],
    ([x]) => softmax(affine(x, scale)),
  );
}

const rows: readonly OperationExample[] = [
  attending([1, 1, 1, 1]),
  attending([2, 7, 3, 5]),
  attending([1, 65, 2, 16]),
  attending([1, 257, 2, 3]),
  attending([2, 67, 2, 20]),
  attending([1, 5, 1, 32]),
  // More tokens than a workgroup's, in flash attention.
  attending([2, 68, 1, 8], { causal: true }),
  attendingTo([2, 66, 35, 3, 4]),
  attendingTo([2, 7, 7, 3, 5], { causal: true }),
  normal(1, 5),
  normal(33, 1),
  normal(5, 7),
  normal(257, 64),
  normal(300, 13),
  normal(33, 330),
  normal(5, 532),
  normalLong("100 away from 0", (i) => 100 + spread(1)(i)),
  normalLong("led by an outlier", (i) => i % 2112 === 0 ? 1000 : spread(1)(i)),
  {
    name: "layer_norm: [2, 3, 9] far from 0, with a residual",
    inputs: [f32([2, 3, 9], (i) => 4 + spread(0.25)(i)), f32([9]), f32([9])],
    differentiable: [0, 1, 2],
    build: ([x, weight, bias]) => [add(x, layerNorm(x, { weight, bias }))],
  },
  grouped([1, 2, 3, 1], 1),
  grouped([2, 6, 5, 7], 3),
  grouped([3, 14], 2),
  grouped([2, 7, 9, 11], 7),
  grouped([3, 8, 17, 13], 2),
  grouped([2, 8, 10, 10], 4),
  {
    name: "group_norm: [2, 6, 3, 5] far from 0, with a residual, silu",
    inputs: [f32([2, 6, 3, 5], (i) => 4 + spread(0.25)(i)), f32([6]), f32([6])],
    differentiable: [0, 1, 2],
    build: ([x, weight, bias]) => [add(x, silu(groupNorm(x, { weight, bias, groups: 2 })))],
  },
  gated([[2, 130, 3]], 9, (scaled) => scaled),
  // Two are parts of concatenations, where their gradients are read.
  gated([[2, 9, 516], [2, 9, 5], [2, 9, 2, 4]], 2, ([x, y, z], [, before, after]) => {
    return [x, concat([before, y], 1), concat([z, after], 1)];
  }),
  softened([1]),
  softened([7, 257]),
  softened([5, 33, 8]),
  softened([2, 331]),
  softened([3, 556]),
  softened([4, 65], 60),
  softened([65537, 3]),
];

function summing(shape: Shape, axes?: readonly number[]): OperationExample {
  const over = axes ? `axes ${axes.join(", ")}` : "all";
  return smooth(`sum: ${shapeText(shape)} over ${over}`, [shape], ([x]) => sum(x, axes));
}

function topping(shape: Shape): OperationExample {
  return {
    name: `max, min: ${shapeText(shape)}`,
    inputs: [f32(shape)],
    differentiable: [],
    build: ([x]) => [max(x), min(x)],
  };
}

const sums: readonly OperationExample[] = [
  ...[[], [7], [3, 65, 67], [20011]].map((shape) =>
    smooth(`sum_of_squares: ${shapeText(shape)}`, [shape], ([x]) => [sumOfSquares(x)])
  ),
  topping([]),
  topping([7]),
  topping([5, 1]),
  topping([3, 65, 67]),
  summing([1]),
  summing([5, 7], [0]),
  summing([4, 3, 5, 2], [1, 3]),
  summing([2, 260, 3], [1]),
  summing([257, 65], [0]),
  summing([40000, 2], [0]),
  summing([65537, 2, 2], [1]),
  summing([257, 9], [1]),
  summing([3, 8193], [1]),
  summing([2, 20000]),
  smooth("mean: [6, 5, 4] over axes 0, 2, dimensions kept", [[6, 5, 4]], ([x]) => {
    return mul(x, mean(x, [0, 2], true));
  }),
];

function convolving(
  x: Shape,
  [out, kernelHeight, kernelWidth]: readonly [number, number, number],
  { stride = 1, padding = 0 }: Pick<Conv2dOptions, "stride" | "padding"> = {},
): OperationExample {
  return smooth(
    `conv2d: ${shapeText(x)}, ${out} of ${kernelHeight} x ${kernelWidth}, ` +
      `stride ${JSON.stringify(stride)}, padding ${JSON.stringify(padding)}`,
    [x, [out, x[1], kernelHeight, kernelWidth], [out]],
    ([x, weight, bias]) => conv2d(x, weight, { bias, stride, padding }),
  );
}

const convolutions: readonly OperationExample[] = [
  convolving([1, 1, 1, 1], [1, 1, 1]),
  convolving([2, 3, 7, 5], [4, 3, 3], { padding: 1 }),
  convolving([2, 2, 8, 9], [3, 3, 3], { stride: 2, padding: 1 }),
  convolving([1, 2, 6, 7], [2, 5, 3], { stride: 3, padding: 2 }),
  convolving([300, 1, 3, 3], [2, 2, 2]),
  convolving([2, 3, 6, 8], [2, 3, 3], {
    stride: 2,
    padding: { top: 0, bottom: 1, left: 0, right: 1 },
  }),
  convolving([2, 3, 5, 9], [4, 1, 7], { padding: [0, 3] }),
  convolving([2, 3, 9, 5], [4, 7, 1], { stride: [1, 2], padding: [3, 0] }),
  convolving([1, 2, 2, 1], [3, 5, 4], {
    stride: [2, 1],
    padding: { top: 3, bottom: 0, left: 1, right: 3 },
  }),
  // Strides larger than the kernel, whose input gradient has pixels that no tap reaches.
  convolving([2, 3, 5, 4], [2, 1, 1], { stride: 2 }),
  convolving([1, 2, 1, 3], [2, 1, 2], { stride: 2, padding: 1 }),
  convolving([10, 3, 16, 13], [4, 3, 3], { padding: 1 }),
  convolving([2, 2, 7, 8], [3, 2, 3], { stride: [3, 2], padding: [1, 0] }),
  convolving([3, 5, 12, 12], [40, 3, 3], {
    stride: 2,
    padding: { top: 0, bottom: 1, left: 0, right: 1 },
  }),
  // All of it in vectors, no vectors at all, more than one tile each way.
  convolving([2, 8, 4, 4], [8, 3, 3], { padding: 1 }),
  convolving([3, 16, 4, 8], [12, 1, 1]),
  convolving([2, 11, 9, 8], [67, 3, 3], { padding: 1 }),
  convolving([5, 3, 1, 13], [131, 1, 3], { stride: 2, padding: [0, 1] }),
  // Enough images for split-K on a GPU, and one more.
  convolving([9, 2, 16, 16], [3, 3, 3], { padding: 1 }),
  // Enough elements for the widest tile on a discrete GPU.
  convolving([2, 1, 63, 65], [131, 2, 3], { padding: 1 }),
  smooth(
    "conv2d: [2, 5, 6, 7], bias, silu and residual in one kernel",
    [[2, 5, 6, 7], [9, 5, 3, 3], [9], [2, 9, 6, 7]],
    ([x, weight, bias, r]) => add(silu(conv2d(x, weight, { bias, padding: 1 })), r),
  ),
  smooth(
    "conv2d: .2 down, of silu, whose gradient ends each phase of the input's",
    [[2, 5, 7, 6], [9, 5, 3, 2], [2, 5, 7, 6]],
    ([x, weight, r]) => conv2d(mul(silu(x), r), weight, { stride: 2, padding: [1, 0] }),
  ),
];

function pooling(
  x: Shape,
  kernel_size: number,
  stride: number,
  padding: number,
): readonly OperationExample[] {
  const window = { kernel_size, stride, padding };
  const of = `${shapeText(x)}, windows of ${kernel_size}, stride ${stride}, padding ${padding}`;
  return [
    smooth(`max_pool2d: ${of}`, [x], ([x]) => maxPool2d(x, window)),
    smooth(`avg_pool2d: ${of}`, [x], ([x]) => avgPool2d(x, window)),
    smooth(`avg_pool2d: ${of} not counted`, [x], ([x]) => {
      return avgPool2d(x, { ...window, count_include_pad: false });
    }),
  ];
}

const poolings: readonly OperationExample[] = [
  ...pooling([1, 1, 1, 1], 1, 1, 0),
  ...pooling([2, 3, 7, 5], 3, 1, 1),
  ...pooling([2, 2, 8, 11], 3, 2, 0),
  ...pooling([1, 3, 9, 6], 5, 3, 2),
  ...pooling([3, 1, 5, 7], 2, 4, 1),
];

function resizing(x: Shape, height: number, width: number): OperationExample {
  return smooth(`resize_bilinear: ${shapeText(x)} to ${height} x ${width}`, [x], ([x]) => {
    return resizeBilinear(x, height, width);
  });
}

const resizes: readonly OperationExample[] = [
  resizing([1, 1, 1, 1], 3, 2),
  resizing([2, 3, 5, 7], 5, 7),
  resizing([2, 1, 4, 3], 13, 17),
  resizing([1, 2, 11, 23], 4, 1),
  resizing([1, 2, 3, 9], 8, 5),
];

function viewed(
  name: string,
  shapes: readonly Shape[],
  build: (inputs: readonly Tensor[]) => Tensor,
): OperationExample {
  return smooth(`${name}: ${shapes.map(shapeText).join(" and ")}`, shapes, build);
}

const views: readonly OperationExample[] = [
  viewed("reshape", [[3, 8]], ([x]) => affine(reshape(x, [2, 3, -1]), 2)),
  viewed("permute 2, 0, 1", [[3, 5, 7]], ([x]) => permute(x, [2, 0, 1])),
  viewed("permute 1, 0, 2, vectors", [[3, 5, 8]], ([x]) => permute(x, [1, 0, 2])),
  viewed("permute 0, 3, 1, 2", [[2, 3, 4, 5]], ([x]) => permute(x, [0, 3, 1, 2])),
  viewed("broadcast to [2, 3, 5, 4]", [[3, 1, 4]], ([x]) => broadcastTo(x, [2, 3, 5, 4])),
  viewed("broadcast to [3, 8]", [[3, 1]], ([x]) => broadcastTo(x, [3, 8])),
  viewed("slice 2 to 9 of axis 1", [[5, 11, 3]], ([x]) => slice(x, 1, 2, 9)),
  viewed("slice 4 to 12 of axis 1, vectors", [[3, 16]], ([x]) => slice(x, 1, 4, 12)),
  viewed("slice 0 to 4 of axis 1, rows not whole vectors", [[3, 6]], ([x]) => slice(x, 1, 0, 4)),
  viewed("pad axis 0 by 0, 2, the end not a whole vector", [[6]], ([x]) => pad(x, 0, 0, 2)),
  viewed("pad axis 0 by 2, 1", [[4, 7]], ([x]) => pad(x, 0, 2, 1)),
  viewed("pad axis 1 by 4, 8, vectors", [[3, 4]], ([x]) => pad(x, 1, 4, 8)),
  viewed("window [4, 9] at -1, -3", [[5, 7]], ([x]) => {
    return applyOne(windowOp, [x], { starts: [-1, -3], sizes: [4, 9] });
  }),
  viewed("window [5, 8] at 1, -4, vectors", [[3, 8]], ([x]) => {
    return applyOne(windowOp, [x], { starts: [1, -4], sizes: [5, 8] });
  }),
  viewed("concat axis 1", [[3, 5], [3, 1], [3, 2]], (inputs) => concat(inputs, 1)),
  viewed("concat axis 0", [[1, 3], [2, 3]], (inputs) => concat(inputs, 0)),
  viewed("concat axis 1, vectors", [[2, 8], [2, 4]], (inputs) => concat(inputs, 1)),
  viewed("upsample_nearest", [[2, 3, 5, 7]], ([x]) => upsampleNearest(x)),
  viewed("upsample_nearest", [[1, 1, 1, 1]], ([x]) => upsampleNearest(x)),
  viewed("upsample_nearest", [[2, 1, 3, 8]], ([x]) => upsampleNearest(x)),
  smooth("pack: 3 at 64, 130 at 128, of 300, zeros between", [[3], [10, 13]], ([a, b]) => {
    return pack([square(a), gelu(b)], { offsets: [64, 128], length: 300 });
  }),
  smooth("unpack: [2, 3] at 0 and [5] at 128, of 133", [[133]], ([x]) => {
    const packed = exp(x);
    return [
      unpack(packed, { offset: 0, shape: [2, 3] }),
      square(unpack(packed, { offset: 128, shape: [5] })),
    ];
  }),
  {
    name: "cast: [7, 13] of numbers that f16 has, kept and promoted back",
    inputs: [f32([7, 13], (i) => ((i * 29) % 91 - 45) / 32), f32([7, 13])],
    differentiable: [0, 1],
    build: ([x, y]) => {
      const half = cast(x, "f16");
      return [mul(half, y), half];
    },
  },
  smooth("pack: offsets that are no bindings'", [[3], [2, 2], [5]], ([a, b, c]) => {
    return pack([a, exp(b), c], { offsets: [0, 3, 9], length: 14 });
  }),
];

const key: ExampleInput = { shape: [4], dtype: "u32", values: (i) => [7, 11, 13, 2 ** 32 - 2][i] };

function dropping(shape: Shape, p: number): OperationExample {
  return {
    name: `dropout: ${shapeText(shape)}, p ${p}`,
    inputs: [f32(shape), key],
    differentiable: [0],
    build: ([x, key]) => [silu(dropout(silu(x), p, key, 5))],
  };
}

const gathers: readonly OperationExample[] = [
  dropping([], 0.25),
  dropping([3, 5], 0.5),
  dropping([2, 3, 8, 4], 0.1),
  dropping([1, 2053], 0.9),
  {
    name: "embedding: 5 rows of 7, indices [3, 4]",
    inputs: [f32([5, 7]), { shape: [3, 4], dtype: "i32", values: (i) => (i * i) % 4 }],
    differentiable: [0],
    build: ([table, index]) => [embedding(table, index)],
  },
  {
    name: "embedding: 1 row of 8, index []",
    inputs: [f32([1, 8]), { shape: [], dtype: "i32", values: () => 0 }],
    differentiable: [0],
    build: ([table, index]) => [embedding(table, index)],
  },
  {
    name: "unpack_bytes: [2, 5] of 3 words",
    inputs: [{ shape: [3], dtype: "u32", values: (i) => 0xfe01807f + i * 77 }],
    differentiable: [],
    build: ([words]) => [unpackBytes(words, [2, 5])],
  },
  {
    name: "unpack_bytes: more workgroups than one dimension of the grid",
    inputs: [{ shape: [131075], dtype: "u32", values: (i) => (i * 2654435761) >>> 0 }],
    differentiable: [],
    build: ([words]) => [unpackBytes(words, [524297])],
  },
  {
    // Below 2, so that all are finite; a sixteenth are subnormal.
    name: "unpack_f16: [3, 5] of 8 words",
    inputs: [{ shape: [8], dtype: "u32", values: (i) => (i * 2654435761 & 0xbbffbbff) >>> 0 }],
    differentiable: [],
    build: ([words]) => [unpackF16(words, [3, 5])],
  },
  {
    name: "random: [], [3, 5], [2, 2, 4] and [1, 9], the sample index wrapping around",
    inputs: [key],
    differentiable: [],
    build: ([key]) => [
      randomNormal(key, [], 0),
      randomNormal(key, [3, 5], 1),
      randomUniform(key, [2, 2, 4], 1),
      randomUniform(key, [1, 9], 4000000000),
    ],
  },
];

/** Examples of every operation, at sizes around those where kernels take another path. */
export const examples: readonly OperationExample[] = [
  ...unaries,
  ...binaries,
  ...choices,
  ...fused,
  ...products,
  ...rows,
  ...sums,
  ...convolutions,
  ...poolings,
  ...resizes,
  ...views,
  ...gathers,
];
