import {
  checkAxis,
  checkFloats,
  type Operation,
  type Shape,
  ShapeError,
  shapeText,
  sizeOf,
  type Tensor,
} from "../tensor.ts";
import { applyOne } from "./elementwise.ts";
import { affine } from "./unary.ts";
import { broadcastTo, reshape } from "./views.ts";

/** A sum over the middle of `[outer, reduce, inner]`. */
export interface SumAttrs {
  /** Elements before the summed dimensions. */
  readonly outer: number;
  /** Elements that are summed. */
  readonly reduce: number;
  /** Elements after the summed dimensions. */
  readonly inner: number;
}

/** The operation behind {@linkcode sum}. */
export const sumOp: Operation<SumAttrs> = {
  name: "sum",
  infer([x], { outer, reduce, inner }) {
    checkFloats("sum", [x]);
    if (x.size !== outer * reduce * inner) {
      throw new ShapeError(`sum: ${shapeText(x.shape)} is not ${outer} x ${reduce} x ${inner}`);
    }
    return [{ shape: [outer, inner], dtype: "f32" }];
  },
  adjoint(node, [grad]) {
    if (!grad) return [undefined];
    const { outer, reduce, inner } = node.attrs;
    const wide = broadcastTo(reshape(grad, [outer, 1, inner]), [outer, reduce, inner]);
    return [reshape(wide, node.inputs[0].shape)];
  },
};

/**
 * The sum in f32 over `axes` (all where absent), which are dropped, or stay as 1 with `keepdims`.
 * @category Operations
 */
export function sum(x: Tensor, axes?: readonly number[], keepdims = false): Tensor {
  axes?.forEach((axis) => checkAxis("sum", x, axis));
  const drop = new Set(axes ?? x.shape.keys());
  let out = x;
  let shape = [...x.shape];
  // From the right, one group of adjacent axes at a time.
  for (let end = shape.length; end > 0; end--) {
    if (!drop.has(end - 1)) continue;
    let start = end - 1;
    while (start > 0 && drop.has(start - 1)) start--;
    out = applyOne(sumOp, [out], {
      outer: sizeOf(shape.slice(0, start)),
      reduce: sizeOf(shape.slice(start, end)),
      inner: sizeOf(shape.slice(end)),
    });
    shape = shape.map((n, d) => d >= start && d < end ? 1 : n);
    end = start + 1;
  }
  return reshape(out, keepdims ? shape : shape.filter((_, d) => !drop.has(d)));
}

/**
 * The mean in f32 over `axes` (all where absent).
 * @category Operations
 */
export function mean(x: Tensor, axes?: readonly number[], keepdims = false): Tensor {
  const total = sum(x, axes, keepdims);
  return affine(total, total.size / x.size);
}

/** The sum over the dimensions that broadcasting from `shape` repeated. */
export function sumTo(x: Tensor, shape: Shape): Tensor {
  const lead = x.shape.length - shape.length;
  const axes = [...x.shape.keys()].filter((d) =>
    d < lead || (shape[d - lead] === 1 && x.shape[d] !== 1)
  );
  return axes.length === 0 ? reshape(x, shape) : reshape(sum(x, axes), shape);
}
