import { checkFloats, type Operation, ShapeError, shapeText } from "../tensor.ts";
import { applyOne } from "./elementwise.ts";

/** Height and width of the output; of the input for the gradient. */
export interface ResizeAttrs {
  /** Height in pixels. */
  readonly height: number;
  /** Width in pixels. */
  readonly width: number;
}

/** The operation behind `resizeBilinear`. */
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
