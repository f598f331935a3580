import type { Tensor } from "../tensor.ts";
import { mul } from "./binary.ts";
import { applyOne, elementwise, type ElementwiseOperation } from "./elementwise.ts";

/**
 * The error function in float64, by its Taylor series near 0 and the continued fraction of erfc
 * further out (Abramowitz and Stegun, 7.1.6 and 7.1.14).
 */
export function erf(x: number): number {
  const a = Math.abs(x);
  if (a > 6) return Math.sign(x);
  if (a < 2.5) {
    let term = a;
    let total = a;
    for (let n = 1; Math.abs(term) > 1e-17 * total && n < 200; n++) {
      term *= (2 * a * a) / (2 * n + 1);
      total += term;
    }
    return Math.sign(x) * (2 / Math.sqrt(Math.PI)) * Math.exp(-a * a) * total;
  }
  let fraction = 0;
  for (let n = 60; n > 0; n--) fraction = (n / 2) / (a + fraction);
  return Math.sign(x) * (1 - Math.exp(-a * a) / (Math.sqrt(Math.PI) * (a + fraction)));
}

const phi = (x: number): number => Math.exp(-x * x / 2) / Math.sqrt(2 * Math.PI);

/** The operation behind {@linkcode gelu}. */
export const geluOp: ElementwiseOperation<null> = elementwise<null>({
  name: "gelu",
  arity: 1,
  wgsl: ([x], type) => `gelu_${type}(${x})`,
  helpers: (type) => [
    erfWgsl(type),
    `fn gelu_${type}(x: ${type}) -> ${type} { return 0.5f * x * (1.0f + erf_${type}(x * 0.70710678f)); }`,
  ],
  f: ([x]) => 0.5 * x * (1 + erf(x / Math.SQRT2)),
  adjoint: ({ inputs: [x] }, grad) => [mul(grad, applyOne(geluDerivativeOp, [x], null))],
});

/** The derivative of GELU, used by its adjoint. */
export const geluDerivativeOp: ElementwiseOperation<null> = elementwise<null>({
  name: "gelu_derivative",
  arity: 1,
  wgsl: ([x], type) => `gelu_derivative_${type}(${x})`,
  helpers: (type) => [
    erfWgsl(type),
    `fn gelu_derivative_${type}(x: ${type}) -> ${type} {
  return 0.5f * (1.0f + erf_${type}(x * 0.70710678f)) + x * 0.39894228f * exp(-0.5f * x * x);
}`,
  ],
  f: ([x]) => 0.5 * (1 + erf(x / Math.SQRT2)) + x * phi(x),
});

/**
 * The exact Gaussian error linear unit, `x Phi(x)` (Hendrycks and Gimpel, 2016).
 * @category Operations
 */
export function gelu(x: Tensor): Tensor {
  return applyOne(geluOp, [x], null);
}

// The rational function of erf in f32 that Eigen and XLA use on [-4, 4], within 2e-7 of erf.
const NUMERATOR = [
  -2.72614225801306e-10,
  2.77068142495902e-8,
  -2.10102402082508e-6,
  -5.69250639462346e-5,
  -7.34990630326855e-4,
  -2.954599808540255e-3,
  -1.60960333262415e-2,
];
const DENOMINATOR = [
  -1.45660718464996e-5,
  -2.13374055278905e-4,
  -1.68282697438203e-3,
  -7.37332916720468e-3,
  -1.42647390514189e-2,
];

function erfWgsl(type: string): string {
  const horner = (c: readonly number[]): string =>
    c.slice(1).reduce((text, v) => `fma(${text}, s, ${type}(${v}f))`, `${type}(${c[0]}f)`);
  return `fn erf_${type}(v: ${type}) -> ${type} {
  let x = clamp(v, ${type}(-4.0f), ${type}(4.0f));
  let s = x * x;
  return x * ${horner(NUMERATOR)} / ${horner(DENOMINATOR)};
}`;
}
