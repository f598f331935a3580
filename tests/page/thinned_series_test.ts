import { deepStrictEqual as deepEqual, ok, strictEqual as equal } from "node:assert/strict";
import { ThinnedSeries } from "../../page/thinned_series.ts";

Deno.test("a short series is as it was logged, with gaps", () => {
  const series = new ThinnedSeries(8);
  for (const [step, value] of [[1, 3], [2, null], [4, NaN], [9, 5]] as const) {
    series.add(step, value);
  }
  const gap = { mean: null, min: null, max: null };
  deepEqual(series.stretches(), [
    { first: 1, last: 1, mean: 3, min: 3, max: 3 },
    { first: 2, last: 2, ...gap },
    { first: 4, last: 4, ...gap },
    { first: 9, last: 9, mean: 5, min: 5, max: 5 },
  ]);
  equal(series.last, 5);
});

Deno.test("a long series keeps its order, its extremes and its mean in few parts", () => {
  for (const length of [8, 9, 16, 17, 100, 1000, 12_345]) {
    const most = 8;
    const series = new ThinnedSeries(most);
    const value = (step: number) => step === 777 ? 1e6 : step === 778 ? -1e6 : step % 5;
    for (let step = 1; step <= length; step++) {
      series.add(step, step % 10 === 3 ? null : value(step));
    }
    const parts = series.stretches();
    ok(parts.length <= most && parts.length >= Math.min(length, most / 2), `${parts.length}`);
    equal(parts[0].first, 1);
    equal(parts.at(-1)!.last, length);
    for (const [i, { first, last }] of parts.entries()) {
      if (i > 0) equal(first, parts[i - 1].last + 1);
      const values = Array.from({ length: last - first + 1 }, (_, j) => first + j)
        .filter((step) => step % 10 !== 3).map(value);
      if (values.length === 0) continue;
      equal(parts[i].min, Math.min(...values));
      equal(parts[i].max, Math.max(...values));
      const mean = values.reduce((a, b) => a + b, 0) / values.length;
      ok(Math.abs(parts[i].mean! - mean) < 1e-6);
    }
  }
});
