import type { Operation } from "../tensor.ts";
import { applyOne } from "./elementwise.ts";
import { type Pool2dAttrs, pool2dShape } from "./pool2d.ts";

/** Attributes of `avgPool2d`. */
export interface AvgPool2dAttrs extends Pool2dAttrs {
  /** Divide by the window's size at the edges too, as if there were zeros beyond them. */
  readonly count_include_pad: boolean;
}

/** Attributes of the gradient: the pooling's, and the input's sizes. */
export interface AvgPool2dGradAttrs extends AvgPool2dAttrs {
  /** Height of the input. */
  readonly height: number;
  /** Width of the input. */
  readonly width: number;
}

/** The operation behind `avgPool2d`. */
export const avgPool2dOp: Operation<AvgPool2dAttrs> = {
  name: "avg_pool2d",
  infer: ([x], attrs) => [{ shape: pool2dShape("avg_pool2d", x, attrs), dtype: "f32" }],
  adjoint({ inputs: [x], attrs }, [grad]) {
    const [, , height, width] = x.shape;
    return [grad && applyOne(avgPool2dInputGradOp, [grad], { ...attrs, height, width })];
  },
};

/**
 * From the output's gradient, the input's: each window's is divided among the pixels that it
 * covers.
 */
export const avgPool2dInputGradOp: Operation<AvgPool2dGradAttrs> = {
  name: "avg_pool2d_input_grad",
  infer: ([{ shape: [batch, channels] }], { height, width }) => [
    { shape: [batch, channels, height, width], dtype: "f32" },
  ],
};
