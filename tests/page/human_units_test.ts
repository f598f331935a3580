import { deepStrictEqual as deepEqual } from "node:assert/strict";
import { humanBytes, humanDuration } from "../../page/human_units.ts";

Deno.test("humanDuration() gives the two largest units and never 60 of one", () => {
  deepEqual(
    [0, 59.4, 59.6, 192, 3599.7, 7500, 86_399, 100_000, -1, Infinity, NaN].map(humanDuration),
    [
      "0s",
      "59s",
      "1m 00s",
      "3m 12s",
      "1h 00m",
      "2h 05m",
      "1d 00h",
      "1d 04h",
      "0s",
      "?",
      "?",
    ],
  );
});

Deno.test("humanBytes() keeps three digits at most before the unit", () => {
  deepEqual([0, 999, 1000, 1536, 99_940, 170_052_171, 999_999_999, 3.2e12].map(humanBytes), [
    "0 B",
    "999 B",
    "1.0 kB",
    "1.5 kB",
    "99.9 kB",
    "170 MB",
    "1.0 GB",
    "3.2 TB",
  ]);
});
