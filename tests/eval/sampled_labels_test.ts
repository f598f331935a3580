import {
  deepStrictEqual as deepEqual,
  notDeepStrictEqual as notDeepEqual,
  ok,
} from "node:assert/strict";
import { type LabelChoice, sampledLabel } from "../../eval/sampled_labels.ts";

const labelsOf = (choice: LabelChoice, n: number) =>
  Array.from({ length: n }, (_, i) => sampledLabel(choice, i));

Deno.test("sampledLabel() goes through a list in turn", () => {
  deepEqual(labelsOf({ kind: "list", labels: [0, 3, 5] }, 7), [0, 3, 5, 0, 3, 5, 0]);
});

Deno.test("sampledLabel() draws classes as often as they occur", () => {
  const counts = [1, 0, 6, 3];
  const labels = labelsOf({ kind: "drawn", counts, seed: 4 }, 10_000);
  const drawn = counts.map((_, label) => labels.filter((l) => l === label).length / 1000);
  counts.forEach((n, label) => ok(Math.abs(drawn[label] - n) < 0.2, `${label}: ${drawn[label]}`));
  deepEqual(drawn[1], 0);
});

Deno.test("sampledLabel() depends on seed and image alone", () => {
  const drawn = (seed: number) => labelsOf({ kind: "drawn", counts: [1, 1, 1, 1], seed }, 50);
  deepEqual(drawn(1), drawn(1));
  notDeepEqual(drawn(1), drawn(2));
});
