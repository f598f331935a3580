import { checkFloats, type Operation, ShapeError, shapeText, type Tensor } from "../tensor.ts";
import { applyOne } from "./elementwise.ts";

/** Height and width of the output; of the input for the gradient. */
export interface ResizeAttrs {
  /** Height in pixels. */
  readonly height: number;
  /** Width in pixels. */
  readonly width: number;
}

/** The operation behind {@linkcode resizeBilinear}. */
export const resizeBilinearOp: Operation<ResizeAttrs> = {
  name: "resize_bilinear",
  infer([x], { height, width }) {
    checkFloats("resize_bilinear", [x]);
    if (x.shape.length !== 4) {
      throw new ShapeError(
        `resize_bilinear: takes [batch, channels, height, width], not ${shapeText(x.shape)}`,
      );
    }
    return [{ shape: [x.shape[0], x.shape[1], height, width], dtype: "f32" }];
  },
  adjoint({ inputs: [x] }, [grad]) {
    const [, , height, width] = x.shape;
    return [grad && applyOne(resizeBilinearInputGradOp, [grad], { height, width })];
  },
};

/** From the output's gradient, the input's. */
export const resizeBilinearInputGradOp: Operation<ResizeAttrs> = {
  name: "resize_bilinear_input_grad",
  infer: ([{ shape: [batch, channels] }], { height, width }) => [
    { shape: [batch, channels, height, width], dtype: "f32" },
  ],
};

/**
 * Images at another size: each pixel of the output interpolates the four nearest of the input,
 * PyTorch's `interpolate(mode="bilinear", align_corners=False)`. There is no antialiasing.
 *
 * @param x `[batch, channels, any height, any width]`
 * @throws {ShapeError} for sizes below 1
 * @category Operations
 */
export function resizeBilinear(x: Tensor, height: number, width: number): Tensor {
  return applyOne(resizeBilinearOp, [x], { height, width });
}
