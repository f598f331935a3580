import { counted } from "../../engine/counted.ts";
import { shown } from "../formats/shown.ts";
import type { DataIdentity } from "./data_identity.ts";

/** Changes that are named before the rest is counted. */
const NAMED = 10;

/** A line for each label whose class had another name; empty where all are the same. */
export function changedClasses(
  before: readonly string[],
  now: readonly string[],
): string[] {
  const labels = Array.from({ length: Math.max(before.length, now.length) }, (_, i) => i);
  return shortened(
    labels.filter((label) => before[label] !== now[label])
      .map((label) => `label ${label} was ${nameOf(before[label])}, now ${nameOf(now[label])}`),
  );
}

/**
 * A line for each label whose images are now exactly those that another label had, so that the
 * two stand for each other; empty where there is none.
 */
export function swappedClasses(before: DataIdentity, now: DataIdentity): string[] {
  return shortened(now.class_names.flatMap((name, label) => {
    const digest = now.class_digests[label];
    const other = before.class_digests.indexOf(digest);
    const swapped = now.class_counts[label] > 0 && before.class_digests[label] !== digest &&
      other >= 0;
    return swapped
      ? [
        `label ${label} (${shown(name)}) has the images of label ${other} (${
          shown(before.class_names[other])
        })`,
      ]
      : [];
  }));
}

/** A line for each class whose images have changed, or one on their order; empty where none has. */
export function changedContents(before: DataIdentity, now: DataIdentity): string[] {
  if (before.digest === now.digest) return [];
  const lines = now.class_names.flatMap((name, label) => {
    if (before.class_digests[label] === now.class_digests[label]) return [];
    const [was, is] = [before.class_counts[label] ?? 0, now.class_counts[label]];
    return [
      was === is
        ? `${shown(name)}: other images among its ${is}, or another order of them`
        : `${shown(name)}: ${was} -> ${counted(is, "image")}`,
    ];
  });
  return lines.length > 0 ? shortened(lines) : ["the classes alternate otherwise"];
}

function nameOf(name: string | undefined): string {
  return name === undefined ? "none" : shown(name);
}

function shortened(lines: readonly string[]): string[] {
  const rest = lines.length - NAMED;
  return rest > 1 ? [...lines.slice(0, NAMED), `and ${rest} more`] : [...lines];
}
