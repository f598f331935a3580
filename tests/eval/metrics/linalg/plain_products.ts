import type { Products } from "../../../../eval/metrics/linalg/pairwise_products.ts";

/** Inner products by two plain loops, of rows of `d` numbers. */
export function plainProducts(d: number): Products {
  return (a, b) => {
    const m = b.length / d;
    const out = new Float32Array(a.length / d * m);
    for (let at = 0; at < out.length; at++) {
      const i = Math.floor(at / m) * d;
      const j = at % m * d;
      let sum = 0;
      for (let k = 0; k < d; k++) sum += a[i + k] * b[j + k];
      out[at] = sum;
    }
    return Promise.resolve(out);
  };
}
