import type { Tensor } from "../tensor.ts";
import { applyOne, elementwise, type ElementwiseOperation } from "./elementwise.ts";
import { sumTo } from "./sum.ts";
import { affine } from "./unary.ts";

/** A binary elementwise operation. */
export type Binary = ElementwiseOperation<null>;

/** The operation behind {@linkcode add}. */
export const addOp: Binary = elementwise<null>({
  name: "add",
  arity: 2,
  wgsl: ([a, b]) => `(${a} + ${b})`,
  f: ([a, b]) => a + b,
  adjoint: ({ inputs: [a, b] }, grad) => [sumTo(grad, a.shape), sumTo(grad, b.shape)],
});

/** The operation behind {@linkcode sub}. */
export const subOp: Binary = elementwise<null>({
  name: "sub",
  arity: 2,
  wgsl: ([a, b]) => `(${a} - ${b})`,
  f: ([a, b]) => a - b,
  adjoint: ({ inputs: [a, b] }, grad) => [
    sumTo(grad, a.shape),
    sumTo(affine(grad, -1), b.shape),
  ],
});

/** The operation behind {@linkcode mul}. */
export const mulOp: Binary = elementwise<null>({
  name: "mul",
  arity: 2,
  wgsl: ([a, b]) => `(${a} * ${b})`,
  f: ([a, b]) => a * b,
  adjoint: ({ inputs: [a, b] }, grad) => [
    sumTo(mul(grad, b), a.shape),
    sumTo(mul(grad, a), b.shape),
  ],
});

/** The operation behind {@linkcode div}. */
export const divOp: Binary = elementwise<null>({
  name: "div",
  arity: 2,
  wgsl: ([a, b]) => `(${a} / ${b})`,
  f: ([a, b]) => a / b,
  adjoint: ({ inputs: [a, b], outputs: [y] }, grad) => [
    sumTo(div(grad, b), a.shape),
    sumTo(affine(div(mul(grad, y), b), -1), b.shape),
  ],
});

/**
 * `a + b`, broadcast.
 * @category Operations
 */
export function add(a: Tensor, b: Tensor): Tensor {
  return applyOne(addOp, [a, b], null);
}

/**
 * `a - b`, broadcast.
 * @category Operations
 */
export function sub(a: Tensor, b: Tensor): Tensor {
  return applyOne(subOp, [a, b], null);
}

/**
 * `a * b` by element, broadcast.
 * @category Operations
 */
export function mul(a: Tensor, b: Tensor): Tensor {
  return applyOne(mulOp, [a, b], null);
}

/**
 * `a / b` by element, broadcast.
 * @category Operations
 */
export function div(a: Tensor, b: Tensor): Tensor {
  return applyOne(divOp, [a, b], null);
}
