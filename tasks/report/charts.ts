import { COLOURS, scaleColour } from "../../page/colours.ts";
import { chartSvg, type Line, stepRange, valueRange } from "../../page/chart_svg.ts";
import type { LoggedRun } from "./logged_run.ts";

/** A chart of numbers of runs against steps. */
export interface Chart {
  readonly title: string;
  /** What the vertical axis says, with its unit. */
  readonly label: string;
  /** SVG. */
  readonly svg: string;
  /** What there is to say of it; may be empty. */
  readonly caption: string;
}

/** A chart with a line for each run that has the numbers. */
interface RunChart {
  readonly title: string;
  readonly label: string;
  /** The name of the numbers. */
  readonly line: string;
  /** Other numbers, drawn faintly behind. */
  readonly behind?: string;
  readonly log?: boolean;
  readonly dots?: boolean;
  readonly caption?: string;
}

/** The charts of a page, in order; those that no run has numbers for are left out. */
const RUN_CHARTS: readonly RunChart[] = [
  {
    title: "Loss",
    label: "mean squared error",
    line: "loss_average",
    behind: "loss",
    log: true,
    caption: "Running average; faint: the loss of the step.",
  },
  {
    title: "Gradient norm",
    label: "norm of the gradient",
    line: "grad_norm",
    log: true,
    caption: "Before clipping.",
  },
  { title: "Learning rate", label: "learning rate", line: "lr" },
  { title: "Throughput", label: "images/s", line: "images_per_s" },
  {
    title: "FID",
    label: "FID",
    line: "fid",
    dots: true,
    caption: "Of the averaged weights, against the training data; lower is better.",
  },
  { title: "Loss scale", label: "loss scale", line: "loss_scale", log: true },
  { title: "Skipped steps", label: "steps skipped so far", line: "skipped_steps" },
  {
    title: "Update ratio",
    label: "norm of the update / norm of the weights",
    line: "update_ratio",
    log: true,
  },
];

/** A chart of each run, with a line for each long skip; all runs have the same vertical axis. */
interface SkipChart {
  readonly title: string;
  readonly label: string;
  /** The numbers' names without the number of the skip. */
  readonly prefix: string;
  readonly log: boolean;
  readonly domain?: readonly [number, number];
  readonly caption: string;
}

const SKIP_CHARTS: readonly SkipChart[] = [
  {
    title: "Skips",
    label: "norm",
    prefix: "feature_norm.skips.",
    log: true,
    caption: "Root of the batch's mean squared norm of each skip, before scaling.",
  },
  {
    title: "Scaled skips",
    label: "norm",
    prefix: "feature_norm.scaled_skips.",
    log: true,
    caption: "The same, as they are concatenated.",
  },
  {
    title: "LS gates",
    label: "mean gate",
    prefix: "gate_mean.",
    log: false,
    domain: [0, 1],
    caption: "What LS multiplies each skip by, on average.",
  },
];

/** The colour and, where colours run out, the dashes of the lines of run `i`. */
export function runStyle(i: number): { colour: string; dashes: string | undefined } {
  // Neighbours in this order are further apart than in the palette's.
  const order = [2, 0, 4, 5, 1, 3, 6, 7];
  const round = Math.floor(i / order.length);
  return {
    colour: COLOURS[order[i % order.length]],
    dashes: round === 0 ? undefined : `${6 / round} 3`,
  };
}

/** Charts that have all runs on the same axes. */
export function runCharts(runs: readonly LoggedRun[]): Chart[] {
  return RUN_CHARTS.flatMap(({ title, label, line, behind, log = false, dots, caption = "" }) => {
    const lines = runs.flatMap(({ name, series }, i): Line[] => {
      const stretches = series.get(line)?.stretches() ?? [];
      const faint = behind === undefined ? [] : series.get(behind)?.stretches() ?? [];
      if (![...stretches, ...faint].some(({ mean }) => mean !== null)) return [];
      return [{ name, ...runStyle(i), stretches, faint }];
    });
    if (lines.length === 0) return [];
    return [{ title, label, caption, svg: chartSvg(lines, { label, log, dots }) }];
  });
}

/** The charts of each run's skips and gates, where it was probed. */
export function skipCharts(runs: readonly LoggedRun[]): { run: LoggedRun; charts: Chart[] }[] {
  const charts = runs.map((run) => ({ run, charts: [] as Chart[] }));
  for (const { title, label, prefix, log, domain, caption } of SKIP_CHARTS) {
    const lines = runs.map((run) => skipLines(run, prefix));
    const stretches = lines.flat().flatMap((line) => line.stretches);
    const [low, high] = valueRange(stretches);
    if (low > high) continue;
    const shared = { domain: domain ?? [low, high] as const, steps: stepRange(stretches) };
    for (const [i, of] of lines.entries()) {
      if (of.length === 0) continue;
      charts[i].charts.push({
        title,
        label,
        caption,
        svg: chartSvg(of, { label, log, ...shared }),
      });
    }
  }
  return charts.filter(({ charts }) => charts.length > 0);
}

/** The skips of a probed run, `s1` outermost, and their colours. */
export function skipColours({ series }: LoggedRun): [name: string, colour: string][] {
  const numbers = skipNumbers([...series.keys()], "feature_norm.skips.");
  return numbers.map((number, i) => [`s${number}`, scaleColour(i, numbers.length)]);
}

function skipLines({ series }: LoggedRun, prefix: string): Line[] {
  const numbers = skipNumbers([...series.keys()], prefix);
  return numbers.map((number, i) => ({
    name: `s${number}`,
    colour: scaleColour(i, numbers.length),
    dashes: undefined,
    stretches: series.get(prefix + number)!.stretches(),
    faint: [],
  }));
}

function skipNumbers(names: readonly string[], prefix: string): number[] {
  return names.filter((name) => name.startsWith(prefix))
    .map((name) => Number(name.slice(prefix.length))).toSorted((a, b) => a - b);
}
