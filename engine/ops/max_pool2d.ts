import type { Operation } from "../tensor.ts";
import { applyOne } from "./elementwise.ts";
import { type Pool2dAttrs, pool2dShape } from "./pool2d.ts";

/** The operation behind `maxPool2d`. */
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
