import { deepStrictEqual as deepEqual } from "node:assert/strict";
import { visits } from "../../../tasks/features/visits.ts";

Deno.test("visits() gives each image once, or blocks of 256 and then the same mirrored", () => {
  const numbers = (n: number, flips: boolean, first?: number) =>
    [...visits(n, flips, first)].map(({ image, mirrored }) => mirrored ? -1 - image : image);
  const range = (from: number, to: number) => Array.from({ length: to - from }, (_, i) => from + i);
  const mirrored = (images: readonly number[]) => images.map((i) => -1 - i);
  deepEqual(numbers(4, false, 1), [1, 2, 3]);
  const [whole, rest] = [range(0, 256), range(256, 259)];
  const all = [...whole, ...mirrored(whole), ...rest, ...mirrored(rest)];
  deepEqual(numbers(259, true), all);
  for (const first of [200, 300, 513, 516]) deepEqual(numbers(259, true, first), all.slice(first));
});
