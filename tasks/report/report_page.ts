import { counted } from "../../engine/counted.ts";
import { NETWORK_NAMES } from "../../nets/network.ts";
import { SKIP_SCALINGS } from "../../nets/skip_scaling.ts";
import { escape, figure, htmlPage, legend, swatch, table } from "../../page/html.ts";
import { type Chart, runCharts, runStyle, skipCharts, skipColours } from "./charts.ts";
import type { LoggedRun } from "./logged_run.ts";
import { shortNumber } from "../../page/number_text.ts";
import { sampleStrip } from "./sample_strip.ts";
import { settingsTables } from "./settings_table.ts";

const READING =
  '<p class="quiet">The numbers show under the pointer. In a long run a point stands for several ' +
  "logged steps, and the band is from the smallest to the largest of them.</p>";

/** The page about runs: one of them, or several on the same axes. @param command how it was made */
export async function reportPage(runs: readonly LoggedRun[], command: string): Promise<string> {
  const names = runs.map(({ name }) => name).join(", ");
  const title = runs.length === 1 ? `Run ${names}` : `${counted(runs.length, "run")}: ${names}`;
  const charts = runCharts(runs);
  const settings = settingsTables(runs);
  const strips = await Promise.all(runs.map(async (run) => {
    const strip = await sampleStrip(run, runs.length);
    return strip === "" ? "" : `<h3>${nameOf(run, runs)}</h3>\n${strip}`;
  }));
  const sections: [heading: string, html: string][] = [
    ["", overview(runs)],
    ["What differs", settings.differing],
    ["", charts.length === 0 ? "<p>Nothing is logged yet.</p>" : chartGrid(charts) + READING],
    ["Samples", strips.join("\n").trim()],
    ["Long skips", skipSections(runs)],
    ["Configuration", settings.all],
  ];
  const body = sections.filter(([, html]) => html !== "")
    .map(([heading, html]) => (heading === "" ? "" : `<h2>${heading}</h2>\n`) + html);
  return htmlPage(
    title,
    `<h1>${escape(title)}</h1>\n<pre>${escape(command)}</pre>\n${body.join("\n")}`,
  );
}

/** A line for each run: what it is, how far it has come, and where it stands. */
function overview(runs: readonly LoggedRun[]): string {
  const last = ({ series }: LoggedRun, name: string) => {
    const value = series.get(name)?.last ?? null;
    return value === null ? "-" : shortNumber(value);
  };
  const columns: [head: string, cell: (run: LoggedRun) => string][] = [
    ["run", (run) => nameOf(run, runs)],
    ["network", ({ settings }) => escape(networkText(String(settings.get("nnet.name") ?? "-")))],
    ["method", (run) => escape(methodText(run))],
    ["batch", ({ settings }) => escape(String(settings.get("train.batch_size") ?? "-"))],
    ["steps", ({ step, settings }) => escape(`${step} of ${settings.get("train.n_steps") ?? "?"}`)],
    ["loss", (run) => last(run, "loss_average")],
    ["images/s", (run) => throughput(run)],
    ["best FID", bestFid],
  ];
  const rows = runs.map((run) => columns.map(([, cell]) => cell(run)));
  return table(columns.map(([head]) => head), rows);
}

function nameOf(run: LoggedRun, runs: readonly LoggedRun[]): string {
  return swatch(runStyle(runs.indexOf(run)).colour) + escape(run.name);
}

function networkText(name: string): string {
  return name in NETWORK_NAMES ? NETWORK_NAMES[name as keyof typeof NETWORK_NAMES] : name;
}

function methodText({ settings }: LoggedRun): string {
  const number = settings.get("nnet.scalelong");
  const method = SKIP_SCALINGS.find((one) => one.number === number);
  if (!method) return String(number ?? "-");
  return method.uses_kappa ? `${method.name}, kappa ${settings.get("nnet.kappa")}` : method.name;
}

/** The median of what the chart shows. */
function throughput({ series }: LoggedRun): string {
  const means = (series.get("images_per_s")?.stretches() ?? []).map(({ mean }) => mean)
    .filter((mean) => mean !== null).toSorted((a, b) => a - b);
  return means.length === 0 ? "-" : shortNumber(means[means.length >> 1]);
}

function bestFid({ series }: LoggedRun): string {
  const scores = series.get("fid")?.stretches().map(({ min }) => min) ?? [];
  const known = scores.filter((score) => score !== null);
  if (known.length === 0) return "-";
  const n = series.get("fid_n_samples")?.last;
  return `${shortNumber(Math.min(...known))}${n ? ` (${counted(n, "image")})` : ""}`;
}

function chartGrid(charts: readonly Chart[]): string {
  const figures = charts.map(({ title, svg, caption }) => figure(title, svg, caption));
  return `<div class="charts">${figures.join("\n")}</div>`;
}

function skipSections(runs: readonly LoggedRun[]): string {
  return skipCharts(runs).map(({ run, charts }) =>
    `<h3>${nameOf(run, runs)}, ${escape(methodText(run))}</h3>\n${legend(skipColours(run))}\n${
      chartGrid(charts)
    }`
  ).join("\n");
}
