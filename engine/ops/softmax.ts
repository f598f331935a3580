import { checkFloats, type Operation, ShapeError, type Tensor } from "../tensor.ts";
import { applyOne } from "./elementwise.ts";

/** The operation behind {@linkcode softmax}. */
export const softmaxOp: Operation<null> = {
  name: "softmax",
  infer([x]) {
    if (x.shape.length < 1) throw new ShapeError("softmax: takes rows");
    return [{ shape: x.shape, dtype: checkFloats("softmax", [x]) }];
  },
  adjoint: ({ outputs: [y] }, [grad]) => [grad && applyOne(softmaxBackwardOp, [y, grad], null)],
};

/** `y * (grad - sum(y * grad))` by row. */
export const softmaxBackwardOp: Operation<null> = {
  name: "softmax_backward",
  infer: ([y]) => [{ shape: y.shape, dtype: y.dtype }],
};

/**
 * Softmax over the last dimension.
 * @category Operations
 */
export function softmax(x: Tensor): Tensor {
  return applyOne(softmaxOp, [x], null);
}
