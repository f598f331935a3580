import { counted } from "../../../engine/counted.ts";

/** Broken images that are named; the others are counted. */
const NAMED = 20;

/** A line for each broken image after one that counts them, `all` of which there were. */
export function brokenText(
  problems: readonly string[],
  { all, where, remedy }: { all: number; where: string; remedy: string },
): string {
  const more = problems.length - NAMED;
  return [
    `${problems.length.toLocaleString("en")} of ${counted(all, "image")} in ${where} cannot be ` +
    `decoded; ${remedy}:`,
    ...problems.slice(0, NAMED),
    ...more > 0 ? [`and ${more.toLocaleString("en")} more`] : [],
  ].join("\n");
}
