import { meanAndDeviation } from "../../eval/stability/mean_and_deviation.ts";
import { type Oscillation, oscillation } from "../../eval/stability/oscillation.ts";
import type { ProbedRun, Series } from "../../eval/stability/probed_run.ts";
import { SKIP_SCALINGS } from "../../nets/skip_scaling.ts";

/** A number over the seeds: its mean and sample standard deviation. */
export interface Spread {
  readonly mean: number;
  readonly deviation: number;
}

/** One method at one setting, over its seeds; null where every seed diverged. */
export interface SummaryRow {
  readonly method: string;
  readonly setting: string;
  readonly seeds: number;
  readonly diverged: number;
  /** Oscillation range of {@linkcode decoderNorm}. */
  readonly range: Spread | null;
  /** The range over the mean norm. */
  readonly relative: Spread | null;
  /** The range without slow growth, over the mean norm. */
  readonly swing: Spread | null;
  readonly feature_norm: Spread | null;
  /** Oscillation range of the whole gradient's norm. */
  readonly grad_range: Spread | null;
  /** The loss, averaged over the last tenth of the steps. */
  readonly loss: Spread | null;
  /** `|f(x + d) - f(x)| / |d|` by noise level. */
  readonly robustness: readonly ({ readonly level: number } & Spread)[];
}

/**
 * The feature norm that is compared: the mean over the blocks of the decoder, those that take a long
 * skip and what follows them, at each step; null where one of them is not finite.
 */
export function decoderNorm({ probes }: ProbedRun): Series {
  const names = Object.keys(probes).filter((name) => name.startsWith("feature_norm."));
  const first = names.findIndex((name) => name.startsWith("feature_norm.scaled_skips."));
  const blocks = names.slice(Math.max(0, first))
    .filter((name) => !/^feature_norm\.(scaled_)?skips\./.test(name));
  return probes[blocks[0]].map((_, i) => {
    const norms = blocks.map((name) => probes[name][i]).filter((norm) => norm !== null);
    return norms.length < blocks.length ? null : mean(norms);
  });
}

/** The runs of each method and setting, in the order given. */
export function groupRuns(runs: readonly ProbedRun[]): ProbedRun[][] {
  return [...Map.groupBy(runs, ({ method, setting }) => `${method}; ${setting}`).values()];
}

/** Summarises the runs of one method and setting. */
export function summaryRow(runs: readonly ProbedRun[]): SummaryRow {
  const [{ method, setting }] = runs;
  const whole = runs.filter(({ diverged_at }) => diverged_at === null);
  const spread = (value: (run: ProbedRun) => number): Spread | null =>
    whole.length === 0 ? null : meanAndDeviation(whole.map(value));
  const norm = (run: ProbedRun): Oscillation => oscillation(decoderNorm(run));
  const levels = whole[0]?.robustness.map(({ level }) => level) ?? [];
  return {
    method,
    setting,
    seeds: runs.length,
    diverged: runs.length - whole.length,
    range: spread((run) => norm(run).range),
    relative: spread((run) => norm(run).relative),
    swing: spread((run) => norm(run).swing),
    feature_norm: spread((run) => norm(run).mean),
    grad_range: spread(({ grad_norm }) => oscillation(grad_norm).range),
    loss: spread(({ loss }) => tailMean(loss)),
    robustness: levels.map((level, i) => ({
      level,
      ...meanAndDeviation(whole.map(({ robustness }) => robustness[i].ratio)),
    })),
  };
}

/** The methods of a setting by oscillation range, and whether that is the paper's order. */
export interface Ranking {
  readonly setting: string;
  /** Widest first. */
  readonly rows: readonly SummaryRow[];
  /** Neighbours in the order whose ranges differ by less than their spreads. */
  readonly ties: number;
  /** For each of the paper's comparisons that was made: whether it came out as the paper says. */
  readonly comparisons: readonly Comparison[];
}

/** One of the paper's comparisons: the first method should have the wider range. */
export interface Comparison {
  readonly wider: string;
  readonly narrower: string;
  readonly holds: boolean;
  /** Whether the two differ by more than the larger of their standard deviations, several seeds given. */
  readonly clear: boolean;
}

/** The paper's rank of a variation's method, which is the method's name or `<name>, kappa <kappa>`. */
function paperRank(variation: string): number | null {
  const method = SKIP_SCALINGS.find(({ name }) =>
    variation === name || variation.startsWith(`${name}, `)
  );
  return method?.paper_rank ?? null;
}

/** Ranks the methods of each setting and compares them with the paper's order. */
export function rankings(rows: readonly SummaryRow[]): Ranking[] {
  return [...Map.groupBy(rows, ({ setting }) => setting)].map(([setting, all]) => {
    const measured = all.filter((row) => row.range !== null);
    const sorted = measured.toSorted((a, b) => b.range!.mean - a.range!.mean);
    const comparisons: Comparison[] = [];
    for (const a of measured) {
      for (const b of measured) {
        const [rank, next] = [a, b].map(({ method }) => paperRank(method));
        if (rank === null || next !== rank + 1) continue;
        comparisons.push({
          wider: a.method,
          narrower: b.method,
          holds: a.range!.mean > b.range!.mean,
          clear: differ(a, b),
        });
      }
    }
    const ties = sorted.slice(1).filter((row, i) => !differ(sorted[i], row)).length;
    return { setting, rows: sorted, ties, comparisons };
  });
}

function differ({ range: a, seeds }: SummaryRow, { range: b }: SummaryRow): boolean {
  return seeds > 1 && Math.abs(a!.mean - b!.mean) > Math.max(a!.deviation, b!.deviation);
}

function tailMean(series: Series): number {
  const tail = series.slice(-Math.max(1, Math.floor(series.length / 10)));
  return mean(tail.filter((value) => value !== null));
}

function mean(values: readonly number[]): number {
  return values.reduce((sum, v) => sum + v, 0) / values.length;
}
