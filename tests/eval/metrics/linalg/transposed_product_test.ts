import { ok } from "node:assert/strict";
import {
  addTransposedProduct,
  type ProductShape,
} from "../../../../eval/metrics/linalg/transposed_product.ts";
import { seeded } from "../../seeded.ts";

/** Checks `out + x^T y` against three plain loops. */
function check(rows: number, { m, n, lower, triangular }: ProductShape): void {
  const x = seeded(rows * m, 1).map((v, i) => triangular === "x" && i % m > (i / m | 0) ? 0 : v);
  const y = seeded(rows * n, 2).map((v, i) => triangular === "y" && i % n > (i / n | 0) ? 0 : v);
  const out = seeded(m * n, 3);
  const before = out.slice();
  addTransposedProduct(out, x, y, { m, n, lower, triangular });
  for (let i = 0; i < m; i++) {
    for (let j = 0; j < (lower ? i + 1 : n); j++) {
      let sum = before[i * n + j];
      for (let k = 0; k < rows; k++) sum += x[k * m + i] * y[k * n + j];
      const where = `${rows} ${m} ${n} ${lower} ${triangular}: [${i}, ${j}]`;
      ok(Math.abs(out[i * n + j] - sum) < 1e-12 * rows, where);
    }
  }
}

Deno.test("addTransposedProduct() adds x^T y, for odd sizes and more rows than a block", () => {
  for (const [rows, m, n] of [[1, 1, 1], [3, 5, 2], [7, 4, 9], [300, 67, 70], [600, 6, 129]]) {
    check(rows, { m, n });
  }
});

Deno.test("addTransposedProduct() leaves out triangles that are zero or not requested", () => {
  for (const size of [1, 5, 66, 300]) {
    check(size, { m: size, n: size, lower: true });
    check(size, { m: size, n: Math.ceil(size / 2), triangular: "y" });
    check(size, { m: size, n: size, lower: true, triangular: "x" });
  }
});
