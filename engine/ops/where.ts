import type { Tensor } from "../tensor.ts";
import { constant } from "../leaves.ts";
import { applyOne, elementwise, type ElementwiseOperation } from "./elementwise.ts";
import { sumTo } from "./sum.ts";

/** The operation behind {@linkcode finite}; its gradient is zero everywhere. */
export const finiteOp: ElementwiseOperation<null> = elementwise<null>({
  name: "finite",
  arity: 1,
  wgsl: ([x], type) => `finite_${type}(${x})`,
  // By the bits of the exponent: compilers assume that no number is infinite.
  helpers: (type) => {
    const words = type === "vec4f" ? "vec4u" : "u32";
    return [`fn finite_${type}(x: ${type}) -> ${type} {
  let top = bitcast<${words}>(x) & ${words}(0x7f800000u);
  return select(${type}(1.0), ${type}(0.0), top == ${words}(0x7f800000u));
}`];
  },
  f: ([x]) => Number.isFinite(x) ? 1 : 0,
  adjoint: () => [undefined],
});

/** The operation behind {@linkcode where}. */
export const whereOp: ElementwiseOperation<null> = elementwise<null>({
  name: "where",
  arity: 3,
  wgsl: ([condition, a, b], type) => `select(${b}, ${a}, ${condition} != ${type}(0.0))`,
  f: ([condition, a, b]) => condition !== 0 ? a : b,
  adjoint({ inputs: [condition, a, b] }, grad) {
    const zero = constant([0], []);
    return [
      undefined,
      sumTo(where(condition, grad, zero), a.shape),
      sumTo(where(condition, zero, grad), b.shape),
    ];
  },
});

/**
 * 1 where `x` is a finite number, 0 where it is infinite or NaN.
 * @category Operations
 */
export function finite(x: Tensor): Tensor {
  return applyOne(finiteOp, [x], null);
}

/**
 * `a` where `condition` is not 0, else `b`, broadcast; the value not chosen may be infinite or NaN.
 * @category Operations
 */
export function where(condition: Tensor, a: Tensor, b: Tensor): Tensor {
  return applyOne(whereOp, [condition, a, b], null);
}
