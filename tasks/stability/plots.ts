import { Plot, plotSvg } from "../../page/plot_svg.ts";
import { COLOURS } from "../../page/colours.ts";
import { decoderNorm, groupRuns } from "./summary.ts";
import { runningMeans } from "../../eval/stability/running_means.ts";
import type { ProbedRun, Series } from "../../eval/stability/probed_run.ts";

/** Points of a line, at most: a longer series shows every n-th. */
const POINTS = 300;

/** The colour of each method, which take them in order. */
export function colours(runs: readonly ProbedRun[]): Map<string, string> {
  const methods = [...new Set(runs.map(({ method }) => method))];
  return new Map(methods.map((method, i) => [method, COLOURS[i % COLOURS.length]]));
}

/** The feature norm that is compared, against steps: a thin line a seed, a panel a method. */
export function featureNormPlot(runs: readonly ProbedRun[]): string {
  return panels(runs, "mean norm of the decoder's blocks", decoderNorm);
}

/** The whole gradient's norm against steps. */
export function gradNormPlot(runs: readonly ProbedRun[]): string {
  return panels(runs, "norm of the gradient", ({ grad_norm }) => grad_norm, "log");
}

/** The loss against steps, all methods in one panel, each the mean of its seeds, smoothed. */
export function lossPlot(runs: readonly ProbedRun[]): string {
  const rows = groupRuns(runs).flatMap((group) => {
    const whole = group.filter((run) => run.diverged_at === null);
    if (whole.length === 0) return [];
    const mean = whole[0].loss.map((_, i) => meanOf(whole.map(({ loss }) => loss[i])));
    return points(smoothed(mean)).map((point) => ({ ...point, ...labels(group[0]) }));
  });
  return draw(runs, {
    height: 320,
    x: { label: "step" },
    y: { label: "loss", type: "log", grid: true, tickFormat: "~r" },
    marks: [Plot.line(rows, { x: "step", y: "value", stroke: "method", ...facet(runs) })],
  });
}

/** `|f(x + d) - f(x)| / |d|` against the noise level: a line a method, a dot a seed. */
export function robustnessPlot(runs: readonly ProbedRun[]): string {
  const dots = runs.flatMap((run) =>
    run.robustness.map(({ level, ratio }) => ({ level, ratio, ...labels(run) }))
  );
  return draw(runs, {
    height: 320,
    x: { label: "standard deviation of the input noise", type: "log", tickFormat: "~r" },
    y: { label: "change of the output over change of the input", grid: true, zero: true },
    marks: [
      Plot.dot(dots, { x: "level", y: "ratio", stroke: "method", r: 2.5, ...facet(runs) }),
      Plot.line(
        dots,
        Plot.groupX({ y: "mean" }, {
          x: "level",
          y: "ratio",
          z: "method",
          stroke: "method",
          ...facet(runs),
        }),
      ),
    ],
  });
}

/** The oscillation range of each method: a dot a seed, a tick for their mean. */
export function rangePlot(
  runs: readonly ProbedRun[],
  rangeOf: (run: ProbedRun) => number,
): string {
  const whole = runs.filter((run) => run.diverged_at === null);
  const dots = whole.map((run) => ({ range: rangeOf(run), ...labels(run) }));
  return draw(runs, {
    height: 60 + 26 * new Set(runs.map(({ method }) => method)).size,
    marginLeft: 130,
    x: { label: "oscillation range of the feature norm", grid: true, zero: true },
    y: { label: null, domain: [...colours(runs).keys()] },
    marks: [
      Plot.dot(dots, { x: "range", y: "method", stroke: "method", r: 4, ...facet(runs) }),
      Plot.tickX(
        dots,
        Plot.groupY({ x: "mean" }, {
          x: "range",
          y: "method",
          stroke: "method",
          strokeWidth: 3,
          ...facet(runs),
        }),
      ),
    ],
  });
}

/** LS gates at the end of training by skip: from smallest to largest, a dot for the mean. */
export function gatesPlot(runs: readonly ProbedRun[]): string | null {
  const rows = runs.filter((run) => run.diverged_at === null).flatMap((run) =>
    Object.keys(run.probes).filter((name) => name.startsWith("gate_mean.")).map((name) => {
      const i = name.slice("gate_mean.".length);
      const last = (what: string) => run.probes[`gate_${what}.${i}`].at(-1)!;
      return {
        skip: `s${i}`,
        mean: last("mean"),
        min: last("min"),
        max: last("max"),
        ...labels(run),
      };
    })
  );
  if (rows.length === 0) return null;
  const order = [...new Set(rows.map(({ skip }) => skip))]
    .toSorted((a, b) => Number(a.slice(1)) - Number(b.slice(1)));
  return draw(runs, {
    height: 260,
    x: { label: "skip, s1 outermost", domain: order },
    y: { label: "gate", domain: [0, 1], grid: true },
    fx: { label: null },
    marks: [
      Plot.ruleX(rows, {
        x: "skip",
        y1: "min",
        y2: "max",
        stroke: "method",
        strokeOpacity: 0.4,
        fx: "method",
      }),
      Plot.dot(rows, { x: "skip", y: "mean", fill: "method", r: 3, fx: "method" }),
    ],
  });
}

/** A panel for each method (across) and setting (down), a line for each seed. */
function panels(
  runs: readonly ProbedRun[],
  label: string,
  series: (run: ProbedRun) => Series,
  type: "linear" | "log" = "linear",
): string {
  const rows = runs.flatMap((run) =>
    points(series(run)).map((point) => ({ ...point, seed: run.config.seed, ...labels(run) }))
  );
  const settings = new Set(runs.map(({ setting }) => setting)).size;
  return draw(runs, {
    height: 60 + 200 * settings,
    x: { label: "step", ticks: 3 },
    y: { label, type, grid: true, tickFormat: "~r" },
    fx: { label: null, domain: [...colours(runs).keys()] },
    marks: [
      Plot.line(rows, {
        x: "step",
        y: "value",
        z: (row: { method: string; seed: number }) => `${row.method} ${row.seed}`,
        stroke: "method",
        strokeWidth: 1,
        strokeOpacity: 0.8,
        fx: "method",
        ...facet(runs),
      }),
      Plot.frame({ strokeOpacity: 0.2 }),
    ],
  });
}

function draw(runs: readonly ProbedRun[], options: Plot.PlotOptions): string {
  const colour = colours(runs);
  return plotSvg({
    width: 960,
    marginLeft: 60,
    marginBottom: 40,
    color: { domain: [...colour.keys()], range: [...colour.values()] },
    fy: { label: null },
    ...options,
  });
}

function labels({ method, setting }: ProbedRun): { method: string; setting: string } {
  return { method, setting };
}

/** Settings of a sweep go one below the other; without one there is nothing to tell apart. */
function facet(runs: readonly ProbedRun[]): { fy?: string } {
  return runs.some(({ setting }) => setting !== "") ? { fy: "setting" } : {};
}

/** Points of a line, which has a gap where a value is null. */
function points(series: Series): { step: number; value: number | null }[] {
  const every = Math.ceil(series.length / POINTS);
  return series.map((value, i) => ({ step: i + 1, value })).filter((_, i) => i % every === 0);
}

/** The mean over a window of a twentieth of the series that ends at each point. */
function smoothed(series: Series): Series {
  const width = Math.max(1, Math.floor(series.length / 20));
  return runningMeans(series, { before: width - 1, after: 0 });
}

/** The mean of the values that are finite; null where none is. */
function meanOf(values: Series): number | null {
  const given = values.filter((value) => value !== null);
  return given.length === 0 ? null : given.reduce((sum, v) => sum + v, 0) / given.length;
}
