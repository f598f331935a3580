import type { Operation, Tensor } from "../tensor.ts";
import { applyOne } from "./elementwise.ts";
import { type Pool2dAttrs, pool2dShape } from "./pool2d.ts";

/** The operation behind {@linkcode maxPool2d}. */
export const maxPool2dOp: Operation<Pool2dAttrs> = {
  name: "max_pool2d",
  infer: ([x], attrs) => [{ shape: pool2dShape("max_pool2d", x, attrs), dtype: "f32" }],
  adjoint: ({ inputs: [x], attrs }, [grad]) => [
    grad && applyOne(maxPool2dInputGradOp, [x, grad], attrs),
  ],
};

/**
 * From the input and the output's gradient, the input's: each window's goes to its first maximum.
 */
export const maxPool2dInputGradOp: Operation<Pool2dAttrs> = {
  name: "max_pool2d_input_grad",
  infer: ([x]) => [{ shape: x.shape, dtype: "f32" }],
};

/**
 * The largest element of each window, PyTorch's `nn.MaxPool2d`.
 *
 * @param x `[batch, channels, height, width]`
 * @throws {ShapeError} for a window that does not fit
 * @category Operations
 */
export function maxPool2d(
  x: Tensor,
  { kernel_size, stride = kernel_size, padding = 0 }: {
    kernel_size: number;
    stride?: number;
    padding?: number;
  },
): Tensor {
  return applyOne(maxPool2dOp, [x], { kernel_size, stride, padding });
}
