import { constant, type ConstantAttrs, constantOp } from "../leaves.ts";
import type { Tensor } from "../tensor.ts";
import { div, mul } from "./binary.ts";
import { applyOne, elementwise, type ElementwiseOperation } from "./elementwise.ts";
import { sineHelpers } from "./sine.ts";

/** Attributes of {@linkcode affine}. */
export interface AffineAttrs {
  /** The factor. */
  readonly scale: number;
  /** Added to the product. */
  readonly shift: number;
}

/** A unary elementwise operation. */
export type Unary = ElementwiseOperation<null>;

/** The operation behind {@linkcode affine}. */
export const affineOp: ElementwiseOperation<AffineAttrs> = elementwise<AffineAttrs>({
  name: "affine",
  arity: 1,
  wgsl([x], type, { scale, shift }) {
    const scaled = scale === 1 ? x : `${x} * ${literal(scale)}`;
    return shift === 0 ? `(${scaled})` : `(${scaled} + ${type}(${literal(shift)}))`;
  },
  f: ([x], { scale, shift }) => x * scale + shift,
  adjoint: (node, grad) => [affine(grad, node.attrs.scale)],
});

/** The operation behind {@linkcode exp}. */
export const expOp: Unary = elementwise<null>({
  name: "exp",
  arity: 1,
  wgsl: ([x]) => `exp(${x})`,
  f: ([x]) => Math.exp(x),
  adjoint: ({ outputs: [y] }, grad) => [mul(grad, y)],
});

/** The operation behind {@linkcode sqrt}. */
export const sqrtOp: Unary = elementwise<null>({
  name: "sqrt",
  arity: 1,
  wgsl: ([x]) => `sqrt(${x})`,
  f: ([x]) => Math.sqrt(x),
  adjoint: ({ outputs: [y] }, grad) => [affine(div(grad, y), 0.5)],
});

/** The operation behind {@linkcode sin}. */
export const sinOp: Unary = elementwise<null>({
  name: "sin",
  arity: 1,
  wgsl: ([x], type) => `sine_${type}(${x}, 0)`,
  helpers: sineHelpers,
  f: ([x]) => Math.sin(x),
  adjoint: ({ inputs: [x] }, grad) => [mul(grad, cos(x))],
});

/** The operation behind {@linkcode cos}. */
export const cosOp: Unary = elementwise<null>({
  name: "cos",
  arity: 1,
  wgsl: ([x], type) => `sine_${type}(${x}, 1)`,
  helpers: sineHelpers,
  f: ([x]) => Math.cos(x),
  adjoint: ({ inputs: [x] }, grad) => [affine(mul(grad, sin(x)), -1)],
});

/** The operation behind {@linkcode step}; its gradient is zero everywhere. */
export const stepOp: Unary = elementwise<null>({
  name: "step",
  arity: 1,
  wgsl: ([x], type) => `select(${type}(0.0), ${type}(1.0), ${x} > ${type}(0.0))`,
  f: ([x]) => x > 0 ? 1 : 0,
  adjoint: () => [undefined],
});

/** The operation behind {@linkcode relu}. */
export const reluOp: Unary = elementwise<null>({
  name: "relu",
  arity: 1,
  wgsl: ([x], type) => `max(${x}, ${type}(0.0))`,
  f: ([x]) => Math.max(x, 0),
  adjoint: ({ inputs: [x] }, grad) => [mul(grad, step(x))],
});

/** The operation behind {@linkcode sigmoid}. */
export const sigmoidOp: Unary = elementwise<null>({
  name: "sigmoid",
  arity: 1,
  wgsl: ([x], type) => `(${type}(1.0) / (${type}(1.0) + exp(-${x})))`,
  f: ([x]) => 1 / (1 + Math.exp(-x)),
  adjoint: ({ outputs: [y] }, grad) => [mul(grad, mul(y, affine(y, -1, 1)))],
});

/** The operation behind {@linkcode silu}. */
export const siluOp: Unary = elementwise<null>({
  name: "silu",
  arity: 1,
  wgsl: ([x], type) => `(${x} / (${type}(1.0) + exp(-${x})))`,
  f: ([x]) => x / (1 + Math.exp(-x)),
  // From x alone, so that the sigmoid is not retained for the backward pass.
  adjoint: ({ inputs: [x] }, grad) => [mul(grad, applyOne(siluDerivativeOp, [x], null))],
});

/** The derivative of SiLU, used by its adjoint. */
export const siluDerivativeOp: Unary = elementwise<null>({
  name: "silu_derivative",
  arity: 1,
  wgsl: ([x], type) => `silu_derivative_${type}(${x})`,
  helpers: (type) => [`fn silu_derivative_${type}(x: ${type}) -> ${type} {
  let s = ${type}(1.0) / (${type}(1.0) + exp(-x));
  return s * (${type}(1.0) + x * (${type}(1.0) - s));
}`],
  f: ([x]) => {
    const s = 1 / (1 + Math.exp(-x));
    return s * (1 + x * (1 - s));
  },
});

/**
 * `x * scale + shift`.
 * @category Operations
 */
export function affine(x: Tensor, scale: number, shift = 0): Tensor {
  // Gradients start from a constant 1: without folding, each factor would be a kernel.
  if (x.node.op === constantOp && x.size === 1) {
    const { data } = x.node.attrs as ConstantAttrs;
    return constant([data[0] * scale + shift], x.shape);
  }
  return applyOne(affineOp, [x], { scale, shift });
}

/**
 * `e^x`.
 * @category Operations
 */
export function exp(x: Tensor): Tensor {
  return applyOne(expOp, [x], null);
}

/**
 * The square root.
 * @category Operations
 */
export function sqrt(x: Tensor): Tensor {
  return applyOne(sqrtOp, [x], null);
}

/**
 * The sine; `x` in radians.
 * @category Operations
 */
export function sin(x: Tensor): Tensor {
  return applyOne(sinOp, [x], null);
}

/**
 * The cosine; `x` in radians.
 * @category Operations
 */
export function cos(x: Tensor): Tensor {
  return applyOne(cosOp, [x], null);
}

/**
 * 1 where `x > 0`, else 0.
 * @category Operations
 */
export function step(x: Tensor): Tensor {
  return applyOne(stepOp, [x], null);
}

/**
 * `max(x, 0)`.
 * @category Operations
 */
export function relu(x: Tensor): Tensor {
  return applyOne(reluOp, [x], null);
}

/**
 * `1 / (1 + e^-x)`.
 * @category Operations
 */
export function sigmoid(x: Tensor): Tensor {
  return applyOne(sigmoidOp, [x], null);
}

/**
 * `x sigmoid(x)`, also called swish.
 * @category Operations
 */
export function silu(x: Tensor): Tensor {
  return applyOne(siluOp, [x], null);
}

/**
 * `x^2`.
 * @category Operations
 */
export function square(x: Tensor): Tensor {
  return mul(x, x);
}

/** A float literal that WGSL reads back as the nearest f32. */
export function literal(value: number): string {
  const rounded = Math.fround(value);
  if (!Number.isFinite(rounded)) throw new RangeError(`${value} is not a finite f32`);
  const text = String(rounded);
  return /[.e]/.test(text) ? `${text}f` : `${text}.0f`;
}
