import {
  type Operation,
  type Shape,
  ShapeError,
  shapeText,
  sizeOf,
  type Tensor,
} from "../tensor.ts";
import { cast } from "./cast.ts";
import { applyOne } from "./elementwise.ts";
import { reshape, slice } from "./views.ts";

/**
 * Where each input starts in the packed vector, and its length.
 * @category Operations
 */
export interface PackAttrs {
  /** First element of each input, ascending. */
  readonly offsets: readonly number[];
  /** Elements of the packed vector. */
  readonly length: number;
}

/** The operation behind {@linkcode pack}; plans let kernels write straight into the vector. */
export const packOp: Operation<PackAttrs> = {
  name: "pack",
  infer(inputs, { offsets, length }) {
    inputs.forEach((x, i) => {
      const end = offsets[i + 1] ?? length;
      if (x.dtype !== "f32" || offsets[i] + x.size > end) {
        throw new ShapeError(`pack: input ${i} of ${x.size} overruns ${offsets[i]} to ${end}`);
      }
    });
    return [{ shape: [length], dtype: "f32" }];
  },
  adjoint: ({ inputs, attrs: { offsets } }, [grad]) =>
    inputs.map((x, i) => grad && reshape(slice(grad, 0, offsets[i], offsets[i] + x.size), x.shape)),
};

/**
 * Where a tensor starts in a packed vector, and its shape.
 * @category Operations
 */
export interface UnpackAttrs {
  /** First element in the packed vector. */
  readonly offset: number;
  /** Shape of the tensor. */
  readonly shape: Shape;
}

/** The operation behind {@linkcode unpack}: it reads the vector's memory and needs no kernel. */
export const unpackOp: Operation<UnpackAttrs> = {
  name: "unpack",
  infer([packed], { offset, shape }) {
    if (offset + sizeOf(shape) > packed.size) {
      throw new ShapeError(`unpack: ${shapeText(shape)} at ${offset} overruns ${packed.size}`);
    }
    return [{ shape, dtype: packed.dtype }];
  },
  adjoint: ({ inputs: [packed], attrs: { offset } }, [grad]) => [
    grad && pack([cast(grad, "f32")], { offsets: [offset], length: packed.size }),
  ],
};

/**
 * The tensor at `offset` of a packed vector, a multiple of 256 bytes, where bindings may start.
 * @category Operations
 */
export function unpack(packed: Tensor, attrs: UnpackAttrs): Tensor {
  return applyOne(unpackOp, [packed], attrs);
}

/**
 * One vector of `length` that holds the tensors at `offsets` (ascending), zeros between them.
 * @category Operations
 */
export function pack(tensors: readonly Tensor[], attrs: PackAttrs): Tensor {
  return applyOne(packOp, tensors, attrs);
}
