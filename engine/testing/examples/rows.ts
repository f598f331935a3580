import { counted } from "../../counted.ts";
import type { OperationExample } from "../example.ts";
import { attention } from "../../ops/attention.ts";
import { add } from "../../ops/binary.ts";
import { groupNorm } from "../../ops/group_norm.ts";
import { layerNorm } from "../../ops/layer_norm.ts";
import { softmax } from "../../ops/softmax.ts";
import { squeezeExcitation } from "../../ops/squeeze_excitation.ts";
import { affine, silu } from "../../ops/unary.ts";
import { concat } from "../../ops/views.ts";
import { type Shape, shapeText, type Tensor } from "../../tensor.ts";
import { f32, smooth, spread } from "./building.ts";

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

/** Operations on rows: attention, norms, gates, softmax. */
export const rows: readonly OperationExample[] = [
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
