import { checkFloats, type Operation, type Tensor } from "../tensor.ts";
import { mul } from "./binary.ts";
import { applyOne } from "./elementwise.ts";
import { affine } from "./unary.ts";

/** The operation behind {@linkcode sumOfSquares}. */
export const sumOfSquaresOp: Operation<null> = {
  name: "sum_of_squares",
  infer(inputs) {
    checkFloats("sumOfSquares", inputs);
    return [{ shape: [], dtype: "f32" }];
  },
  adjoint: ({ inputs: [x] }, [grad]) => [grad && mul(affine(x, 2), grad)],
};

/**
 * The sum of all squares, a scalar: the squared norm, in one pass over `x`.
 * @category Operations
 */
export function sumOfSquares(x: Tensor): Tensor {
  return applyOne(sumOfSquaresOp, [x], null);
}
