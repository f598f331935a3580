import type { OperationExample } from "../example.ts";
import { add, mul } from "../../ops/binary.ts";
import { conv2d, type Conv2dOptions } from "../../ops/conv2d.ts";
import { avgPool2d, maxPool2d, resizeBilinear } from "../../pooling.ts";
import { silu } from "../../ops/unary.ts";
import { type Shape, shapeText } from "../../tensor.ts";
import { smooth } from "./building.ts";

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

/** Operations on images: convolutions, poolings, resizes. */
export const images: readonly OperationExample[] = [
  ...convolutions,
  ...poolings,
  ...resizes,
];
