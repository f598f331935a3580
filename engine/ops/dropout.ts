import {
  checkFloats,
  type Operation,
  ShapeError,
  shapeText,
  sizeOf,
  type Tensor,
} from "../tensor.ts";
import { applyOne } from "./elementwise.ts";

/** Attributes of {@linkcode dropout}. */
export interface DropoutAttrs {
  /** Fraction of the elements that become zero, in [0, 1). */
  readonly p: number;
  /** Which of the independent streams of the same seed and step. */
  readonly stream: number;
}

/** The operation behind {@linkcode dropout}: inputs are x and the key; it is its own adjoint. */
export const dropoutOp: Operation<DropoutAttrs> = {
  name: "dropout",
  infer([x, key], { p }) {
    const dtype = checkFloats("dropout", [x]);
    if (key.dtype !== "u32" || key.size !== 4) {
      throw new ShapeError(
        `dropout: takes a u32 key of 4, seed low, seed high, step, first sample, not ${key.dtype} ` +
          shapeText(key.shape),
      );
    }
    if (!(0 <= p && p < 1)) throw new ShapeError(`dropout: p is ${p}, not in [0, 1)`);
    return [{ shape: x.shape, dtype }];
  },
  adjoint: ({ inputs: [, key], attrs }, [grad]) => [
    grad && applyOne(dropoutOp, [grad, key], attrs),
    undefined,
  ],
};

/** Samples (the first dimension) and the elements of each. */
export function dropoutSizes({ shape }: Tensor): { samples: number; width: number } {
  const samples = shape.length === 0 ? 1 : shape[0];
  return { samples, width: sizeOf(shape) / samples };
}

/** An element becomes zero where the upper 24 of its random bits are below this. */
export function dropoutThreshold(p: number): number {
  return Math.round(p * 2 ** 24);
}

/**
 * Zeros a fraction `p` of the elements at random and multiplies the others by `1 / (1 - p)`
 * (Srivastava et al., JMLR 2014). Which ones depends, for element `e` of sample `i` (an index of
 * the first dimension), on (seed, stream, step, first sample + i, e) alone, not on how a batch is
 * split; `x` itself where `p` is 0.
 *
 * @param key u32 `[seed low, seed high, step, first sample]`
 * @category Operations
 */
export function dropout(x: Tensor, p: number, key: Tensor, stream: number): Tensor {
  return p === 0 ? x : applyOne(dropoutOp, [x, key], { p, stream });
}
