import { deepStrictEqual as deepEqual, ok } from "node:assert/strict";
import { logTicks } from "../../page/log_ticks.ts";
import { shortNumber, stepText } from "../../page/number_text.ts";

Deno.test("numbers and steps are as short as a chart needs", () => {
  deepEqual([0, 0.053661, 59.254, 305, 2.5e-5, -1e-4, 123456, 2.5e7].map(shortNumber), [
    ...["0", "0.05366", "59.25", "305", "2.5e-5", "-1e-4", "123500", "2.5e7"],
  ]);
  deepEqual([0, 2500, 2.5, 40_000, 12_500, 1_500_000].map(stepText), [
    ...["0", "2500", "", "40k", "12.5k", "1.5M"],
  ]);
});

Deno.test("logTicks() are some round numbers within the range, whatever it is", () => {
  deepEqual(logTicks(0.03, 1.2), [0.03, 0.1, 0.3, 1]);
  deepEqual(logTicks(1e-6, 1), [1e-6, 1e-5, 1e-4, 1e-3, 0.01, 0.1, 1]);
  for (const [low, high] of [[0.9, 1.1], [1e-30, 1e30], [13, 27], [2, 4]]) {
    const ticks = logTicks(low, high);
    ok(ticks.length >= 1 && ticks.length <= 8, `${low} ${high}: ${ticks}`);
    ok(ticks.every((tick) => tick >= low && tick <= high));
  }
});
