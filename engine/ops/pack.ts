import { type Operation, ShapeError, type Tensor } from "../tensor.ts";
import { applyOne } from "./elementwise.ts";
import { reshape, slice } from "./views.ts";

/** Where each input starts in the packed vector, and its length. */
export interface PackAttrs {
  readonly offsets: readonly number[];
  readonly length: number;
}

/** The operation behind {@linkcode pack}; plans let producers write straight into the vector. */
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
  evaluate(inputs, { attrs: { offsets, length } }) {
    const out = new Float64Array(length);
    inputs.forEach((x, i) => out.set(x, offsets[i]));
    return [out];
  },
};

/** One vector of `length` that holds the tensors at `offsets` (ascending), zeros between them. */
export function pack(tensors: readonly Tensor[], attrs: PackAttrs): Tensor {
  return applyOne(packOp, tensors, attrs);
}
