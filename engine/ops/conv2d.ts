import {
  apply,
  checkFloats,
  type Operation,
  ShapeError,
  shapeText,
  type Tensor,
} from "../tensor.ts";
import { applyOne } from "./elementwise.ts";

/**
 * Zeros around an image.
 * @category Operations
 */
export interface Padding {
  /** Rows above. */
  readonly top: number;
  /** Rows below. */
  readonly bottom: number;
  /** Columns to the left. */
  readonly left: number;
  /** Columns to the right. */
  readonly right: number;
}

/** Attributes of {@linkcode conv2d}. */
export interface Conv2dAttrs {
  /** Down and across. */
  readonly stride: readonly [number, number];
  /** Zeros around the input. */
  readonly padding: Padding;
}

/**
 * Attributes of the two gradients: the convolution's, and the sizes that are not in their inputs.
 */
export interface Conv2dGradAttrs extends Conv2dAttrs {
  /** The input's height and width for the input's gradient, the kernel's for the weight's. */
  readonly height: number;
  /** The width, likewise. */
  readonly width: number;
}

/** Attributes of the weight's gradient. */
export interface Conv2dWeightGradAttrs extends Conv2dGradAttrs {
  /** Whether the bias's gradient is computed as well. */
  readonly bias: boolean;
}

/** Sizes of a convolution, with the names used in the kernels. */
export interface Conv2dSizes {
  /** Number of images. */
  readonly batch: number;
  /** Channels of the input. */
  readonly inC: number;
  /** Height of the input. */
  readonly inH: number;
  /** Width of the input. */
  readonly inW: number;
  /** Channels of the output. */
  readonly outC: number;
  /** Height of the output. */
  readonly outH: number;
  /** Width of the output. */
  readonly outW: number;
  /** Height of the kernel. */
  readonly kH: number;
  /** Width of the kernel. */
  readonly kW: number;
  /** Input rows from one output row to the next. */
  readonly strideH: number;
  /** Input columns from one output column to the next. */
  readonly strideW: number;
  /** Rows of zeros above and columns of zeros to the left; those beyond follow from the output. */
  readonly top: number;
  /** Columns of zeros to the left. */
  readonly left: number;
}

/** The operation behind {@linkcode conv2d}: of input, weight and perhaps bias. */
export const conv2dOp: Operation<Conv2dAttrs> = {
  name: "conv2d",
  infer(inputs, { stride, padding }) {
    const [x, weight, bias] = inputs;
    if (x.shape.length !== 4 || weight.shape.length !== 4 || x.shape[1] !== weight.shape[1]) {
      throw new ShapeError(
        `conv2d: input ${shapeText(x.shape)} and weight ${shapeText(weight.shape)} do not fit`,
      );
    }
    if (bias && (bias.shape.length !== 1 || bias.size !== weight.shape[0])) {
      throw new ShapeError(`conv2d: bias ${shapeText(bias.shape)} is not [${weight.shape[0]}]`);
    }
    const { top, bottom, left, right } = padding;
    if (!stride.every((n) => Number.isInteger(n) && n > 0)) {
      throw new ShapeError(`conv2d: stride ${shapeText(stride)} is not of whole numbers from 1`);
    }
    if (![top, bottom, left, right].every((n) => Number.isInteger(n) && n >= 0)) {
      throw new ShapeError(
        `conv2d: padding ${JSON.stringify(padding)} is not of whole numbers from 0`,
      );
    }
    const [batch, , h, w] = x.shape;
    const [outC, , kH, kW] = weight.shape;
    const outH = Math.floor((h + top + bottom - kH) / stride[0]) + 1;
    const outW = Math.floor((w + left + right - kW) / stride[1]) + 1;
    return [{ shape: [batch, outC, outH, outW], dtype: checkFloats("conv2d", inputs) }];
  },
  adjoint({ inputs: [x, weight, bias], attrs }, [grad]) {
    if (!grad) return [undefined, undefined, undefined];
    const [, , height, width] = x.shape;
    const [, , kH, kW] = weight.shape;
    return [
      applyOne(conv2dInputGradOp, [grad, weight], { ...attrs, height, width }),
      ...apply(conv2dWeightGradOp, [x, grad], {
        ...attrs,
        height: kH,
        width: kW,
        bias: bias !== undefined,
      }),
    ];
  },
};

/** From the output's gradient and the weight, the input's gradient. */
export const conv2dInputGradOp: Operation<Conv2dGradAttrs> = {
  name: "conv2d_input_grad",
  infer: ([grad, weight], { height, width }) => [
    {
      shape: [grad.shape[0], weight.shape[1], height, width],
      dtype: checkFloats("conv2d_input_grad", [grad, weight]),
    },
  ],
};

/**
 * From the input and the output's gradient, those of the weight and of the bias, if there is one.
 */
export const conv2dWeightGradOp: Operation<Conv2dWeightGradAttrs> = {
  name: "conv2d_weight_grad",
  infer([x, grad], { height, width, bias }) {
    const dw = { shape: [grad.shape[1], x.shape[1], height, width], dtype: "f32" } as const;
    return bias ? [dw, { shape: [grad.shape[1]], dtype: "f32" }] : [dw];
  },
};

/** The sizes of a convolution from its input, weight and output. */
export function conv2dSizes(
  x: Tensor,
  weight: Tensor,
  y: Tensor,
  { stride: [strideH, strideW], padding: { top, left } }: Conv2dAttrs,
): Conv2dSizes {
  const [batch, inC, inH, inW] = x.shape;
  const [outC, , kH, kW] = weight.shape;
  const [, , outH, outW] = y.shape;
  return { batch, inC, inH, inW, outC, outH, outW, kH, kW, strideH, strideW, top, left };
}

/**
 * Options of {@linkcode conv2d}.
 * @category Operations
 */
export interface Conv2dOptions {
  /** Added by output channel, `[out]`. */
  readonly bias?: Tensor;
  /** One number, or one down and one across; default 1. */
  readonly stride?: number | readonly [number, number];
  /** Zeros around the input: one number, `[top and bottom, left and right]`, or each; default 0. */
  readonly padding?: number | readonly [number, number] | Padding;
}

/**
 * Two-dimensional cross-correlation, PyTorch's `nn.Conv2d`, to `[batch, out, height, width]`.
 *
 * @param x `[batch, in, height, width]`
 * @param weight `[out, in, kernel height, kernel width]`
 * @throws {ShapeError} naming the shapes or the numbers that do not fit
 * @category Operations
 */
export function conv2d(
  x: Tensor,
  weight: Tensor,
  { bias, stride = 1, padding = 0 }: Conv2dOptions = {},
): Tensor {
  return applyOne(conv2dOp, bias ? [x, weight, bias] : [x, weight], {
    stride: typeof stride === "number" ? [stride, stride] : stride,
    padding: paddingOf(padding),
  });
}

function paddingOf(padding: NonNullable<Conv2dOptions["padding"]>): Padding {
  if (typeof padding === "object" && "top" in padding) return padding;
  const [y, x] = typeof padding === "number" ? [padding, padding] : padding;
  return { top: y, bottom: y, left: x, right: x };
}
