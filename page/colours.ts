/** Okabe and Ito's colours, distinct in any colour vision. */
const LIGHT = [
  ...["#d55e00", "#e69f00", "#0072b2", "#56b4e9", "#009e73", "#cc79a7", "#555555", "#000000"],
];

/** The same hues for a dark page. */
const DARK = [
  ...["#ff8b4a", "#f0b429", "#4aa8f0", "#9bd5ff", "#2fcf9f", "#eba6cb", "#aaaaaa", "#ffffff"],
];

/** Distinct colours of lines, as CSS: a page that is dark sets {@linkcode DARK_COLOURS}. */
export const COLOURS: readonly string[] = LIGHT.map((colour, i) => `var(--c${i}, ${colour})`);

/** CSS that makes {@linkcode COLOURS} and {@linkcode scaleColour} light. */
export const DARK_COLOURS: string = DARK.map((colour, i) => `--c${i}: ${colour};`).join(" ") +
  " --scale-lightness: 65%;";

/** The colours of an order, first to last of `n`, as CSS. */
export function scaleColour(i: number, n: number): string {
  const hue = n < 2 ? 205 : Math.round(205 + 180 * i / (n - 1)) % 360;
  return `hsl(${hue} 70% var(--scale-lightness, 40%))`;
}
