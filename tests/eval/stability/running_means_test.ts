import { deepStrictEqual as deepEqual } from "node:assert/strict";
import { runningMeans } from "../../../eval/stability/running_means.ts";

Deno.test("runningMeans() takes what there is at the ends, and passes null over", () => {
  const series = [1, 2, null, 6, null, null, null];
  deepEqual(runningMeans(series, { before: 1, after: 1 }), [1.5, 1.5, 4, 6, 6, null, null]);
  deepEqual(runningMeans(series, { before: 1, after: 0 }), [1, 1.5, 2, 6, 6, null, null]);
  deepEqual(runningMeans([], { before: 1, after: 1 }), []);
});
