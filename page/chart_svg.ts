import { Plot, plotSvg } from "./plot_svg.ts";
import { shortNumber, stepText } from "./number_text.ts";
import { logTicks } from "./log_ticks.ts";
import type { Stretch } from "./thinned_series.ts";

/** A line of a chart. */
export interface Line {
  readonly name: string;
  /** CSS. */
  readonly colour: string;
  /** SVG's dash array; a whole line where undefined. */
  readonly dashes: string | undefined;
  readonly stretches: readonly Stretch[];
  /** Drawn faintly behind; may be empty. */
  readonly faint: readonly Stretch[];
}

/** How a chart is drawn. */
export interface ChartOptions {
  /** What the vertical axis says. */
  readonly label: string;
  /** Whether the vertical axis is logarithmic; what is not positive is left out then. */
  readonly log: boolean;
  /** Whether each number is marked. */
  readonly dots?: boolean;
  /** The range of the vertical axis; by default that of the numbers. */
  readonly domain?: readonly [number, number];
  /** The range of the steps; by default that of the lines. */
  readonly steps?: readonly [number, number];
}

/** Fewer points than this are marked, as a line may not show them. */
const FEW = 16;
/** Parts of the horizontal axis that show their numbers under the pointer. */
const COLUMNS = 80;

/**
 * Lines against steps as SVG: means, and where stretches of several steps were put together a band
 * from smallest to largest. Numbers show under the pointer without any script.
 */
export function chartSvg(
  lines: readonly Line[],
  { label, log, dots = false, domain, steps }: ChartOptions,
): string {
  const drawn = lines.map((line) => ({
    ...line,
    stretches: log ? line.stretches.map(positive) : line.stretches,
    faint: log ? line.faint.map(positive) : line.faint,
  }));
  const stretches = drawn.flatMap(({ stretches, faint }) => [...stretches, ...faint]);
  const [low, high] = valueRange(stretches);
  // A scale needs two values; on a linear one zero is the honest lower end.
  const [bottom, top] = domain ??
    (log ? low < high ? [low, high] : [low / 2, low * 2] : [Math.min(0, low), high || 1]);
  const [first, last] = steps ?? stepRange(stretches);
  return plotSvg({
    width: 460,
    height: 270,
    ariaLabel: `${label} against steps`,
    marginLeft: 56,
    marginRight: 16,
    marginTop: 30,
    marginBottom: 40,
    style: { fontSize: "13px" },
    x: {
      label: "step",
      domain: [first, Math.max(last, first + 1)],
      ticks: 5,
      tickFormat: stepText,
    },
    y: {
      label,
      type: log ? "log" : "linear",
      domain: [bottom, top],
      grid: true,
      ticks: log ? logTicks(bottom, top) : 5,
      tickFormat: shortNumber,
    },
    marks: [
      ...drawn.flatMap((line) => marksOf(line, dots)),
      Plot.rectX(columns(drawn, first, last), {
        x1: "from",
        x2: "to",
        title: "text",
        className: "hover",
        // Seen under the pointer only, and where no style of a page says so.
        fill: "currentColor",
        fillOpacity: 0,
      }),
    ],
  });
}

/** The smallest and the largest value; infinite where there is none. */
export function valueRange(stretches: readonly Stretch[]): [low: number, high: number] {
  let [low, high] = [Infinity, -Infinity];
  for (const { min, max } of stretches) {
    if (min === null || max === null) continue;
    [low, high] = [Math.min(low, min), Math.max(high, max)];
  }
  return [low, high];
}

/** The first and the last step; infinite where there is none. */
export function stepRange(stretches: readonly Stretch[]): [first: number, last: number] {
  return stretches.reduce(
    ([low, high], { first, last }) => [Math.min(low, first), Math.max(high, last)],
    [Infinity, -Infinity],
  );
}

function marksOf({ stretches, faint, colour, dashes }: Line, dots: boolean): Plot.Markish[] {
  const x = middle;
  const bands = [stretches, faint].filter((of) => of.some(({ first, last }) => first < last))
    .map((of) => Plot.areaY(of, { x, y1: "min", y2: "max", fill: colour, fillOpacity: 0.18 }));
  const marked = dots || stretches.length < FEW;
  return [
    ...bands,
    ...faint.length > 0
      ? [Plot.line(faint, { x, y: "mean", stroke: colour, strokeOpacity: 0.35, strokeWidth: 1 })]
      : [],
    Plot.line(stretches, {
      x,
      y: "mean",
      stroke: colour,
      strokeWidth: 1.6,
      strokeDasharray: dashes,
    }),
    ...marked ? [Plot.dot(stretches, { x, y: "mean", fill: colour, r: 2.5 })] : [],
  ];
}

function middle({ first, last }: Stretch): number {
  return (first + last) / 2;
}

function positive(stretch: Stretch): Stretch {
  const { min, mean } = stretch;
  if (min === null || min > 0) return stretch;
  return mean !== null && mean > 0
    ? { ...stretch, min: mean }
    : { ...stretch, mean: null, min: null, max: null };
}

/** Parts of the horizontal axis, and what the lines are there. */
function columns(
  lines: readonly Line[],
  first: number,
  last: number,
): { from: number; to: number; text: string }[] {
  const width = Math.max(last - first, 1) / COLUMNS;
  const columnOf = (stretch: Stretch) =>
    Math.max(0, Math.min(COLUMNS - 1, Math.floor((middle(stretch) - first) / width)));
  const texts = new Map<number, string[]>();
  for (const { name, stretches } of lines) {
    for (const [at, parts] of Map.groupBy(stretches.filter(isKnown), columnOf)) {
      const text = `${name}: ${valueText(parts)}`;
      texts.set(at, [...texts.get(at) ?? [], text]);
    }
  }
  return [...texts].map(([at, of]) => ({
    from: first + at * width,
    to: first + (at + 1) * width,
    text: of.join("\n"),
  }));
}

type Known = Stretch & { readonly mean: number; readonly min: number; readonly max: number };

function isKnown(stretch: Stretch): stretch is Known {
  return stretch.mean !== null;
}

/** What a line is in a column: its last number, or the range of several. */
function valueText(parts: readonly Known[]): string {
  const [{ first }, { last, mean }] = [parts[0], parts[parts.length - 1]];
  if (first === last) return `${shortNumber(mean)} at step ${first}`;
  const [low, high] = valueRange(parts);
  return `${shortNumber(mean)} (${shortNumber(low)} to ${shortNumber(high)}) ` +
    `at steps ${first} to ${last}`;
}
