/**
 * Pooling and resizing. Their kernels are entered when they are traced, so that a bundle that never
 * does has none of them.
 *
 * @module
 */
import { lowerPooling } from "./kernels/pooling_lowering.ts";
import { avgPool2dOp } from "./ops/avg_pool2d.ts";
import { applyOne } from "./ops/elementwise.ts";
import { maxPool2dOp } from "./ops/max_pool2d.ts";
import { resizeBilinearOp } from "./ops/resize_bilinear.ts";
import type { Tensor } from "./tensor.ts";

/**
 * The mean of each window, PyTorch's `nn.AvgPool2d`.
 *
 * @param x `[batch, channels, height, width]`
 * @throws {ShapeError} for a window that does not fit
 * @category Operations
 */
export function avgPool2d(
  x: Tensor,
  { kernel_size, stride = kernel_size, padding = 0, count_include_pad = true }: {
    kernel_size: number;
    stride?: number;
    padding?: number;
    count_include_pad?: boolean;
  },
): Tensor {
  lowerPooling();
  return applyOne(avgPool2dOp, [x], { kernel_size, stride, padding, count_include_pad });
}

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
  lowerPooling();
  return applyOne(maxPool2dOp, [x], { kernel_size, stride, padding });
}

/**
 * Images at another size: each pixel of the output interpolates the four nearest of the input,
 * PyTorch's `interpolate(mode="bilinear", align_corners=False)`. There is no antialiasing.
 *
 * @param x `[batch, channels, any height, any width]`
 * @throws {ShapeError} for sizes below 1
 * @category Operations
 */
export function resizeBilinear(x: Tensor, height: number, width: number): Tensor {
  lowerPooling();
  return applyOne(resizeBilinearOp, [x], { height, width });
}
