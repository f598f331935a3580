import { type Operation, type Shape, ShapeError, type Tensor } from "../tensor.ts";
import { applyOne } from "./elementwise.ts";

/** Attributes of random tensors. */
export interface RandomAttrs {
  /** Shape of the result; the first dimension counts samples. */
  readonly shape: Shape;
  /** Standard normal, or uniform in [0, 1). */
  readonly distribution: "normal" | "uniform";
  /** Which of the independent streams of the same seed and step. */
  readonly stream: number;
}

/**
 * The operation behind {@linkcode randomNormal} and {@linkcode randomUniform}. Its input is a u32
 * key `[seed low, seed high, step, first sample]`.
 */
export const randomOp: Operation<RandomAttrs> = {
  name: "random",
  infer([key], { shape }) {
    if (key.dtype !== "u32" || key.size !== 4) {
      throw new ShapeError("random: takes a u32 key of 4: seed low, seed high, step, first sample");
    }
    return [{ shape, dtype: "f32" }];
  },
};

/**
 * Standard normal numbers. Element `e` of sample `i` (an index of the first dimension) depends on
 * (seed, stream, step, first sample + i, e) alone, not on how a batch is split.
 * @category Operations
 */
export function randomNormal(key: Tensor, shape: Shape, stream: number): Tensor {
  return applyOne(randomOp, [key], { shape, distribution: "normal", stream });
}

/**
 * Numbers uniform in [0, 1), multiples of 2^-24; addressed as in {@linkcode randomNormal}.
 * @category Operations
 */
export function randomUniform(key: Tensor, shape: Shape, stream: number): Tensor {
  return applyOne(randomOp, [key], { shape, distribution: "uniform", stream });
}
