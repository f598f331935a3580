import type { Conditions } from "../nets/conditions.ts";
import { hash32 } from "../train/data/hash32.ts";

/**
 * How labels are chosen: a list in turn, or at random by how often each class occurs.
 * @category Samplers
 */
export type LabelChoice =
  | { readonly kind: "list"; readonly labels: readonly number[] }
  | { readonly kind: "drawn"; readonly counts: readonly number[]; readonly seed: number };

/** Salt of the hash that draws labels. */
const LABEL = 5;

/**
 * The label of image `i`; it depends on the choice and `i` alone.
 * @category Samplers
 */
export function sampledLabel(choice: LabelChoice, i: number): number {
  if (choice.kind === "list") return choice.labels[i % choice.labels.length];
  const { counts, seed } = choice;
  const total = counts.reduce((sum, n) => sum + n, 0);
  let left = hash32(seed, LABEL, i) / 2 ** 32 * total;
  return counts.findIndex((n) => (left -= n) < 0);
}

/**
 * The conditions of images `first` to `first + n - 1`: their labels, or nothing where no choice is
 * given.
 */
export function sampledConditions(
  choice: LabelChoice | null,
  first: number,
  n: number,
): Conditions {
  return choice === null
    ? {}
    : { labels: Int32Array.from({ length: n }, (_, i) => sampledLabel(choice, first + i)) };
}
