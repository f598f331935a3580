import { deepStrictEqual as deepEqual, strictEqual as equal } from "node:assert/strict";
import { editDistance, nearest } from "../../../train/config/nearest.ts";

Deno.test("editDistance() counts insertions, deletions and substitutions", () => {
  equal(editDistance("", "abc"), 3);
  equal(editDistance("abc", ""), 3);
  equal(editDistance("depth", "depth"), 0);
  equal(editDistance("dephts", "depth"), 2);
  equal(editDistance("kitten", "sitting"), 3);
});

Deno.test("nearest() finds the nearest word, or null where none is near", () => {
  const words = ["depth", "conv", "skip", "n"];
  const pick = (word: string) => nearest(word, words, editDistance);
  deepEqual(["dept", "konv", "skipp", "zebra", "x"].map(pick), [
    "depth",
    "conv",
    "skip",
    null,
    null,
  ]);
});
