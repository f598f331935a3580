import type { FloatType, Tensor } from "../tensor.ts";
import { checkFloats } from "../tensor.ts";
import { applyOne, type ElementwiseOperation } from "./elementwise.ts";

/** The operation behind {@linkcode cast}. */
export const castOp: ElementwiseOperation<{ readonly dtype: FloatType }> = {
  name: "cast",
  // Kernels compute in f32: a cast takes effect where its result is stored.
  wgsl: ([x]) => x,
  f: ([x]) => x,
  infer([x], { dtype }) {
    checkFloats("cast", [x]);
    return [{ shape: x.shape, dtype }];
  },
  adjoint: ({ inputs: [x] }, [grad]) => [grad && cast(grad, x.dtype as FloatType)],
};

/**
 * `x` with elements of another float type: f16 has 11 bits of precision, magnitudes from 6e-8 to
 * 65504, and infinity above. The float64 reference does not round.
 * @category Operations
 */
export function cast(x: Tensor, dtype: FloatType): Tensor {
  return x.dtype === dtype ? x : applyOne(castOp, [x], { dtype });
}
