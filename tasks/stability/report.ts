import { counted } from "../../engine/counted.ts";
import { NETWORK_NAMES } from "../../nets/network.ts";
import { oscillation, SETTLING } from "../../eval/stability/oscillation.ts";
import { humanDuration } from "../../page/human_units.ts";
import { escape, figure, htmlPage, legend, table } from "../../page/html.ts";
import {
  colours,
  featureNormPlot,
  gatesPlot,
  gradNormPlot,
  lossPlot,
  rangePlot,
  robustnessPlot,
} from "./plots.ts";
import {
  type Comparison,
  decoderNorm,
  groupRuns,
  type Ranking,
  rankings,
  type Spread,
  type SummaryRow,
  summaryRow,
} from "./summary.ts";
import type { ProbedRun } from "../../eval/stability/probed_run.ts";

/** What a report says of how it was made. */
export interface ReportFacts {
  /** The command line. */
  readonly command: string;
  readonly adapter: string;
  readonly deno: string;
  /** ISO 8601. */
  readonly date: string;
}

/** What other programs read of a report: `stability.json`. */
export interface ReportData extends ReportFacts {
  readonly rows: readonly SummaryRow[];
  readonly rankings: readonly Ranking[];
}

/** The numbers of a report. */
export function reportData(runs: readonly ProbedRun[], facts: ReportFacts): ReportData {
  const rows = groupRuns(runs).map(summaryRow);
  return { ...facts, rows, rankings: rankings(rows) };
}

/** What was found, in a line for each setting: computed from the data, whatever it is. */
export function conclusions({ rankings }: ReportData): string[] {
  return rankings.map(({ setting, rows, comparisons, ties }) => {
    const lead = setting === "" ? "" : `At ${setting}: `;
    if (rows.length === 0) return `${lead}Every run diverged.`;
    const order = rows.map(({ method, range }) => `${method} ${spreadText(range)}`).join(", ");
    const text = `${lead}Oscillation range of the feature norm, widest first: ${order}.`;
    const close = ties === 0
      ? ""
      : rows[0].seeds === 1
      ? " A single seed has no spread to compare with."
      : ` ${ties} of ${rows.length - 1} neighbours differ by less than their spread.`;
    return text + close + verdict(comparisons);
  });
}

function verdict(comparisons: readonly Comparison[]): string {
  if (comparisons.length === 0) return "";
  const agree = comparisons.filter(({ holds }) => holds).length;
  const clear = comparisons.filter(({ holds, clear }) => holds && clear).length;
  const against = comparisons.filter(({ holds }) => !holds)
    .map(({ wider, narrower }) => `${wider} is not wider than ${narrower}`);
  return ` Of the paper's order (original > 1/sqrt(2)-CS > CS, LS), ${agree} of ${comparisons.length} comparisons hold, ${clear} of them by more than the spread` +
    (against.length === 0 ? "." : `; ${against.join("; ")}.`);
}

/** One page that needs nothing else: text, tables and plots as SVG. */
export function reportHtml(runs: readonly ProbedRun[], data: ReportData): string {
  const gates = gatesPlot(runs);
  const rangeOf = (run: ProbedRun) => oscillation(decoderNorm(run)).range;
  const [{ config }] = runs;
  const seconds = runs.reduce((sum, run) => sum + run.seconds, 0);
  const seeds = new Set(runs.map((run) => run.config.seed)).size;
  const title = "Stability of scaled long skip connections";
  return htmlPage(
    title,
    `<h1>${title}</h1>
<p class="finding">${conclusions(data).map(escape).join("<br>")}</p>
<p>${counted(runs.length, "run")} (${counted(seeds, "seed")}) of ${
      counted(config.train.n_steps, "step")
    }, ${escape(networkText(runs))}, on ${
      escape(config.dataset.name)
    }; every method starts from the same weights and sees the same
batches, noise and times. ${humanDuration(seconds)} of training on ${escape(data.adapter)}, Deno ${
      escape(data.deno)
    }, ${escape(data.date)}.</p>
<pre>${escape(data.command)}</pre>
${legend(colours(runs))}
${
      figure(
        "Oscillation range of the feature norm",
        rangePlot(runs, rangeOf),
        `Largest minus smallest feature norm after the first ${
          100 * SETTLING
        }% of the steps. The feature
norm is the mean over the decoder's blocks (those that take a long skip) of the norm of the block's
output, the root of the batch's mean squared norm. A dot is a seed, a bar their mean.`,
      )
    }
${summaryTable(data.rows)}
${
      figure(
        "Feature norm against training steps",
        featureNormPlot(runs),
        "The figure of the paper: the norm whose range is compared above. A line is a seed.",
      )
    }
${
      figure(
        "Gradient norm against training steps",
        gradNormPlot(runs),
        "Norm of the whole gradient, before clipping. A line is a seed.",
      )
    }
${
      figure(
        "Robustness to noise on the input",
        robustnessPlot(runs),
        `|f(x + d) - f(x)| / |d| at the end of training, for images diffused to t = 0.5 and normal d:
lower is steadier. A dot is a seed, the line their mean.`,
      )
    }
${
      figure(
        "Loss against training steps",
        lossPlot(runs),
        "Mean over the seeds, and over the last twentieth of the steps at each point.",
      )
    }
${
      gates === null ? "" : figure(
        "LS gates by depth",
        gates,
        "At the end of training: smallest to largest gate of each skip, and the mean.",
      )
    }
<h2>How it was measured</h2>
<p>Ranges and means leave out the first ${
      100 * SETTLING
    }% of the steps, where norms grow whatever the
method; the swing is the largest distance of the feature norm from its running mean over a tenth of
the window, relative to the mean norm. &plusmn; is the sample standard deviation over the seeds. Two methods are called different when
their means differ by more than the larger of the two. A run whose loss is no longer a number has
diverged; its curve ends there and it is in no mean. All numbers of this page are in
stability.json, every step of every run in the folder runs.</p>`,
  );
}

function networkText(runs: readonly ProbedRun[]): string {
  const { nnet, train, optimizer } = runs[0].config;
  const sizes = [
    ...nnet.name === "uvit" ? [`depth ${nnet.depth}`, `width ${nnet.embed_dim}`] : [
      `${counted(nnet.num_res_blocks, "block")} per level`,
      `${counted(nnet.ch, "channel")} x ${nnet.ch_mult}`,
    ],
    `batch ${train.batch_size}`,
    `learning rate ${optimizer.lr}`,
  ];
  const swept = runs.some(({ setting }) => setting !== "") ? " (but for what is swept)" : "";
  return `${NETWORK_NAMES[nnet.name]} with ${sizes.join(", ")}${swept}`;
}

function summaryTable(rows: readonly SummaryRow[]): string {
  const swept = rows.some(({ setting }) => setting !== "");
  const levels = rows.find(({ robustness }) => robustness.length > 0)?.robustness ?? [];
  const heads = [
    "method",
    ...swept ? ["setting"] : [],
    "range",
    "range / mean",
    "swing",
    "mean norm",
    "gradient norm's range",
    "final loss",
    ...levels.map(({ level }) => `robustness at ${level}`),
    "diverged",
  ];
  const body = rows.map((row) => [
    row.method,
    ...swept ? [row.setting] : [],
    spreadText(row.range),
    spreadText(row.relative),
    spreadText(row.swing),
    spreadText(row.feature_norm),
    spreadText(row.grad_range),
    spreadText(row.loss),
    ...levels.map((_, i) => spreadText(row.robustness[i] ?? null)),
    `${row.diverged} of ${row.seeds}`,
  ]);
  return table(heads, body.map((row) => row.map(escape)));
}

/** `12.3 ± 0.4`. */
export function spreadText(spread: Spread | null): string {
  if (spread === null) return "-";
  return `${Number(spread.mean.toPrecision(3))} \u00b1 ${Number(spread.deviation.toPrecision(2))}`;
}
