import type { OperationExample } from "../example.ts";
import { add, div, mul, sub } from "../../ops/binary.ts";
import { gelu } from "../../ops/gelu.ts";
import { linear } from "../../ops/linear.ts";
import { matmul } from "../../ops/matmul.ts";
import { affine, cos, exp, relu, sigmoid, silu, sin, sqrt, square, step } from "../../ops/unary.ts";
import { permute } from "../../ops/views.ts";
import { finite, where } from "../../ops/where.ts";
import { type Shape, shapeText, type Tensor } from "../../tensor.ts";
import { f32, smooth, spread } from "./building.ts";

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

/** Elementwise operations, and chains of them that are one kernel. */
export const elementwise: readonly OperationExample[] = [
  ...unaries,
  ...binaries,
  ...choices,
  ...fused,
];
