import { chartSvg } from "../page/chart_svg.ts";
import { COLOURS } from "../page/colours.ts";
import { escape } from "../page/html.ts";
import { ThinnedSeries } from "../page/thinned_series.ts";
import { type Displayable, displayable } from "./jupyter.ts";

/**
 * How {@linkcode chart} draws.
 * @category Notebooks
 */
export interface ChartOptions {
  /** What the vertical axis says. */
  readonly label: string;
  /** Whether the vertical axis is logarithmic; default not. */
  readonly log?: boolean;
}

/** Neighbours in this order are further apart than in the palette's. */
const ORDER = [2, 0, 4, 5, 1, 3, 6, 7];

/**
 * Lines against training steps, to be shown in a notebook; the numbers show under the pointer.
 *
 * @example
 * ```ts
 * import { chart } from "@scalelong/scalelong/notebook";
 *
 * chart({ original: [3, 4, 6], CS: [3, 3.2, 3.1] }, { label: "norm" });
 * ```
 *
 * @param lines a value for each step, the first of step 1, by the line's name; null is a gap
 * @category Notebooks
 */
export function chart(
  lines: Readonly<Record<string, readonly (number | null)[]>>,
  { label, log = false }: ChartOptions,
): Displayable {
  const drawn = Object.entries(lines).map(([name, values], i) => {
    const series = new ThinnedSeries();
    values.forEach((value, at) => series.add(at + 1, value));
    const colour = COLOURS[ORDER[i % ORDER.length]];
    return { name, colour, dashes: undefined, stretches: series.stretches(), faint: [] };
  });
  const names = drawn.map(({ name, colour }) =>
    `<span style="margin-right:1.2rem;white-space:nowrap">` +
    `<span style="color:${colour}">&#9679;</span> ${escape(name)}</span>`
  );
  return displayable({
    "text/html": `<div style="max-width:560px">${chartSvg(drawn, { label, log })}` +
      `<p>${names.join("")}</p></div>`,
  });
}
