import { type Operation, ShapeError, shapeText, type Tensor } from "../tensor.ts";
import { applyOne } from "./elementwise.ts";
import { affine } from "./unary.ts";
import { reshape } from "./views.ts";

/**
 * The operation behind {@linkcode max}: the largest of each row of `[rows, columns]`; no gradient.
 */
export const maxOp: Operation<null> = {
  name: "max",
  infer([x]) {
    if (x.shape.length !== 2 || x.dtype !== "f32") {
      throw new ShapeError(`max: ${shapeText(x.shape)} is not f32 rows and columns`);
    }
    return [{ shape: [x.shape[0]], dtype: "f32" }];
  },
};

/**
 * The largest element of `x`, a scalar; it has no gradient.
 * @category Operations
 */
export function max(x: Tensor): Tensor {
  const columns = x.shape[x.shape.length - 1] ?? 1;
  const rows = applyOne(maxOp, [reshape(x, [x.size / columns, columns])], null);
  return reshape(applyOne(maxOp, [reshape(rows, [1, rows.size])], null), []);
}

/**
 * The smallest element of `x`, a scalar; it has no gradient.
 * @category Operations
 */
export function min(x: Tensor): Tensor {
  return affine(max(affine(x, -1)), -1);
}
