import {
  type FloatType,
  type Operation,
  type Shape,
  ShapeError,
  sizeOf,
  type Tensor,
} from "../tensor.ts";
import { applyOne } from "./elementwise.ts";

/** Attributes of {@linkcode unpackF16}. */
export interface UnpackF16Attrs {
  /** Sizes of the result. */
  readonly shape: Shape;
  /** Its type. */
  readonly dtype: FloatType;
}

/** The operation behind {@linkcode unpackF16}. */
export const unpackF16Op: Operation<UnpackF16Attrs> = {
  name: "unpack_f16",
  infer([words], { shape, dtype }) {
    if (words.dtype !== "u32" || words.size !== Math.ceil(sizeOf(shape) / 2)) {
      throw new ShapeError(`unpack_f16: ${words.size} words do not hold [${shape.join(", ")}]`);
    }
    return [{ shape, dtype }];
  },
};

/**
 * Floats from the bits of f16 numbers, two to a u32 word, little-endian: the numbers as they are in
 * either type, also on adapters without f16.
 * @category Operations
 */
export function unpackF16(words: Tensor, shape: Shape, dtype: FloatType = "f32"): Tensor {
  return applyOne(unpackF16Op, [words], { shape, dtype });
}
