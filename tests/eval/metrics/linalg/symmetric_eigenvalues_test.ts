import { ok, throws } from "node:assert/strict";
import { NotFiniteError } from "../../../../eval/not_finite_error.ts";
import { symmetricEigenvalues } from "../../../../eval/metrics/linalg/symmetric_eigenvalues.ts";
import { seeded } from "../../seeded.ts";

function close(matrix: Float64Array, d: number, expected: number[], tolerance = 1e-13): void {
  const found = symmetricEigenvalues(matrix, d).toSorted();
  const size = Math.max(...expected.map(Math.abs), 1e-300);
  expected.toSorted((a, b) => a - b).forEach((value, i) =>
    ok(Math.abs(found[i] - value) <= tolerance * size, `${i}: ${found[i]}, not ${value}`)
  );
}

/** `Q diag(values) Q^T` with Q a product of reflections. */
function withEigenvalues(values: number[]): Float64Array {
  const d = values.length;
  const a = new Float64Array(d * d);
  values.forEach((value, i) => a[i * (d + 1)] = value);
  for (let seed = 0; seed < 3; seed++) {
    const v = seeded(d, seed);
    const squares = v.reduce((sum, x) => sum + x * x, 0);
    const reflect = (at: (k: number) => number) => {
      let dot = 0;
      for (let k = 0; k < d; k++) dot += v[k] * a[at(k)];
      for (let k = 0; k < d; k++) a[at(k)] -= 2 * dot / squares * v[k];
    };
    for (let row = 0; row < d; row++) reflect((k) => row * d + k);
    for (let column = 0; column < d; column++) reflect((k) => k * d + column);
  }
  return a;
}

Deno.test("symmetricEigenvalues() finds them where they are known by hand", () => {
  close(Float64Array.of(3), 1, [3]);
  close(Float64Array.of(2, 0, 1, 2), 2, [1, 3]);
  close(new Float64Array(16), 4, [0, 0, 0, 0]);
  close(Float64Array.of(5, 0, 0, 0, -7, 0, 0, 0, 1e-9), 3, [5, -7, 1e-9]);
  // The second difference: 2 - 2 cos(pi k / (d + 1)).
  const d = 50;
  const difference = new Float64Array(d * d);
  for (let i = 0; i < d; i++) {
    difference[i * d + i] = 2;
    if (i > 0) difference[i * d + i - 1] = -1;
  }
  close(
    difference,
    d,
    Array.from({ length: d }, (_, k) => 2 - 2 * Math.cos(Math.PI * (k + 1) / (d + 1))),
  );
});

Deno.test("symmetricEigenvalues() finds those a matrix was made from: many alike, far apart, tiny", () => {
  close(withEigenvalues([1, 1, 1, 2, 2, 5, 0, 0]), 8, [1, 1, 1, 2, 2, 5, 0, 0]);
  const spread = Array.from({ length: 65 }, (_, i) => 10 ** (-i / 4));
  close(withEigenvalues(spread), 65, spread);
  const tiny = spread.map((value) => value * 1e-200);
  close(withEigenvalues(tiny), 65, tiny);
  const mixed = Array.from(seeded(200, 9));
  close(withEigenvalues(mixed), 200, mixed, 1e-12);
});

Deno.test("symmetricEigenvalues() refuses values that are no numbers", () => {
  for (const bad of [NaN, Infinity]) {
    for (const [i, j] of [[0, 0], [2, 1], [2, 2]]) {
      const a = withEigenvalues([1, 2, 3]);
      a[i * 3 + j] = bad;
      throws(() => symmetricEigenvalues(a, 3), NotFiniteError);
    }
  }
  throws(() => symmetricEigenvalues(Float64Array.of(NaN), 1), NotFiniteError);
});
