import { type Operation, type Shape, ShapeError, sizeOf, type Tensor } from "../tensor.ts";
import { applyOne } from "./elementwise.ts";

/** The operation behind {@linkcode unpackBytes}. */
export const unpackBytesOp: Operation<{ readonly shape: Shape }> = {
  name: "unpack_bytes",
  infer([words], { shape }) {
    if (words.dtype !== "u32" || words.size !== Math.ceil(sizeOf(shape) / 4)) {
      throw new ShapeError(`unpack_bytes: ${words.size} words do not hold [${shape.join(", ")}]`);
    }
    return [{ shape, dtype: "f32" }];
  },
};

/**
 * Bytes as f32 numbers 0 to 255, from u32 words of four bytes each, little-endian.
 * @category Operations
 */
export function unpackBytes(words: Tensor, shape: Shape): Tensor {
  return applyOne(unpackBytesOp, [words], { shape });
}
