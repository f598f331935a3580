import { ShapeError, shapeText, stridesOf, type Tensor } from "../tensor.ts";
import { add } from "./binary.ts";
import { applyOne, type ElementwiseOperation } from "./elementwise.ts";
import { reshape, view, windowOp } from "./views.ts";

/**
 * The operation behind {@linkcode upsampleNearest}, with the two new pixels of each direction in
 * dimensions of their own: `[batch, channels, height, 2, width, 2]`.
 */
export const upsampleNearestOp: ElementwiseOperation<null> = view(
  "upsample_nearest",
  ({ shape }) => {
    if (shape.length !== 4) {
      throw new ShapeError(
        `upsample_nearest: takes [batch, channels, height, width], not ${shapeText(shape)}`,
      );
    }
    const [batch, channels, height, width] = shape;
    const [b, c, h, w] = stridesOf(shape);
    return {
      shape: [batch, channels, height, 2, width, 2],
      strides: [b, c, h, 0, w, 0],
      offset: 0,
    };
  },
  ({ inputs: [x] }, grad) => {
    const [batch, channels, height, width] = x.shape;
    // Four windows in one fused kernel, where two sums would have rows of two elements.
    const corners = [[0, 0], [0, 1], [1, 0], [1, 1]].map(([i, j]) =>
      applyOne(windowOp, [grad], {
        starts: [0, 0, 0, i, 0, j],
        sizes: [batch, channels, height, 1, width, 1],
      })
    );
    return reshape(corners.reduce((sum, t) => add(sum, t)), x.shape);
  },
);

/**
 * Images twice as high and wide, each pixel repeated: PyTorch's `interpolate` with
 * `scale_factor=2, mode="nearest"`.
 *
 * @param x `[batch, channels, height, width]`
 * @throws {ShapeError} for another rank
 * @category Operations
 */
export function upsampleNearest(x: Tensor): Tensor {
  const [batch, channels, height, width] = x.shape;
  const pairs = applyOne(upsampleNearestOp, [x], null);
  return reshape(pairs, [batch, channels, 2 * height, 2 * width]);
}
