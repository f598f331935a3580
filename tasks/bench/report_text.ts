import { textTable } from "../cli/text_table.ts";
import type { AdapterRates } from "../../engine/testing/adapter_rates.ts";
import type { ConvolutionRow } from "./convolution.ts";
import type { DecoderRow } from "./decoder.ts";
import type { EstimateRow } from "./estimates.ts";
import type { InceptionRow } from "./inception.ts";
import type { LoadingRow } from "./loading.ts";
import type { RanksRow } from "./ranks/ranks_row.ts";
import { ranksText } from "./ranks/ranks_text.ts";
import type { StreamingRow } from "./streaming.ts";
import type { SamplingRow } from "./sampling.ts";
import type { TimedJob, Timing } from "./timed_jobs.ts";
import type { TrainingRow } from "./training_step.ts";

/** The results of a benchmark run, as `--json` prints them. */
export interface BenchReport {
  readonly system: { readonly deno: string; readonly os: string; readonly cores: number };
  readonly adapter: { readonly description: string; readonly class: string };
  /** Null where `--only` leaves it out. */
  readonly rates: AdapterRates | null;
  readonly jobs: readonly TimedJob[];
  /** Convolutions, compared with a matrix product. */
  readonly convolutions: readonly ConvolutionRow[];
  /** Whole training steps of this engine. */
  readonly training: readonly TrainingRow[];
  /** Images drawn with this engine. */
  readonly sampling: readonly SamplingRow[];
  /** Features for FID; null where `--only` leaves them out. */
  readonly inception: InceptionRow | null;
  /** The decoder of latent diffusion; null where `--only` leaves it out. */
  readonly decoder: DecoderRow | null;
  /** Null where `--only` leaves it out. */
  readonly loading: LoadingRow | null;
  /** Latents read for training; null where `--only` leaves them out. */
  readonly streaming: StreamingRow | null;
  /** What the dry run says of presets, and what is so. */
  readonly estimates: readonly EstimateRow[];
  /** What several processes cost; null where `--only` leaves it out. */
  readonly ranks: RanksRow | null;
}

/** The report as text: the machine, the adapter's rates, and tables. */
export function reportText(report: BenchReport): string {
  const { system, adapter, rates, jobs, convolutions } = report;
  const { training, sampling, inception, decoder, loading, streaming, estimates, ranks } = report;
  const sections = [
    `${adapter.description}, ${adapter.class}\n` +
    `Deno ${system.deno}, ${system.os}, ${system.cores} cores`,
  ];
  if (rates) {
    sections.push(
      `copy          ${rates.copyGBs.toFixed(1)} GB/s\n` +
        `multiply-add  ${rates.multiplyAddGflops.toFixed(1)} GFLOP/s`,
    );
  }
  if (jobs.length > 0) sections.push(jobTable(jobs));
  if (convolutions.length > 0) sections.push(convolutionTable(convolutions));
  if (training.length > 0) sections.push(trainingTable(training));
  if (sampling.length > 0) sections.push(samplingTable(sampling));
  if (inception) sections.push(inceptionTable(inception));
  if (decoder) sections.push(decoderTable(decoder));
  if (loading) sections.push(loadingText(loading));
  if (streaming) sections.push(streamingText(streaming));
  if (estimates.length > 0) sections.push(estimateTable(estimates));
  if (ranks) sections.push(ranksText(ranks));
  return sections.join("\n\n");
}

const JOB_HEADINGS = ["", "", "ms", "GFLOP/s", "GB/s", "kernels", "ready s", "ratio"];

/** A line for each job and library; the ratio is the time of a peer over ours. */
function jobTable(jobs: readonly TimedJob[]): string {
  const rows = jobs.flatMap(({ job, timings }) =>
    timings.map((timing, i) => [i === 0 ? job : "", ...cells(timing)])
  );
  return textTable(JOB_HEADINGS, rows, 2);
}

/** A line for each direction of each convolution. */
function convolutionTable(rows: readonly ConvolutionRow[]): string {
  return textTable(
    ["conv2d", "", "batch", "ms", "GFLOP/s", "of matmul's"],
    rows.map((r, i) => [
      r.sizes === rows[i - 1]?.sizes ? "" : r.sizes,
      r.direction,
      String(r.batch),
      figure(r.ms),
      figure(r.gflops),
      `${(100 * r.fraction).toFixed(0)}%`,
    ]),
    2,
  );
}

/** A line for each network. */
function trainingTable(rows: readonly TrainingRow[]): string {
  return textTable(
    ["training step", "batch", "ms", "images/s", "GFLOP/s", "kernels", "submits", "MB", "ready s"],
    rows.map((r) => [
      `${r.network} (${(r.parameters / 1e6).toFixed(2)} M)`,
      String(r.batch),
      figure(r.ms),
      figure(r.images_per_s),
      figure(r.gflops),
      String(r.dispatches),
      String(r.submits),
      r.megabytes.toFixed(0),
      figure(r.readyMs / 1000),
    ]),
    1,
  );
}

function streamingText({ latents, bytes, batch, latents_per_s }: StreamingRow): string {
  return `stream ${latents.toLocaleString("en")} latents of 4 x 32 x 32, ${
    (bytes / 1e6).toFixed(0)
  } MB  ${latents_per_s.toFixed(0)} latents/s in batches of ${batch}`;
}

function loadingText({ bytes, megabytes_per_s, extra_megabytes }: LoadingRow): string {
  const extra = extra_megabytes === null
    ? ""
    : `, ${extra_megabytes.toFixed(0)} MB more of the host`;
  return `load ${(bytes / 1e6).toFixed(0)} MB of safetensors  ${
    megabytes_per_s.toFixed(0)
  } MB/s${extra}`;
}

/** A line for each network. */
function samplingTable(rows: readonly SamplingRow[]): string {
  return textTable(
    ["sampling", "batch", "steps", "guidance", "images/s", "ms/step", "kernels", "outside GPU"],
    rows.map((r) => [
      r.network,
      String(r.batch),
      String(r.steps),
      String(r.guidance),
      r.images_per_s.toPrecision(3),
      figure(r.ms_per_step),
      String(r.dispatches),
      r.outside === null ? "" : `${(100 * r.outside).toFixed(1)}%`,
    ]),
    1,
  );
}

/** One line. */
function inceptionTable(r: InceptionRow): string {
  return textTable(
    ["FID's features", "batch", "images/s", "GFLOP/s", "of matmul's", "kernels", "MB"],
    [[
      "Inception, 299 x 299",
      String(r.batch),
      r.images_per_s.toPrecision(3),
      figure(r.gflops),
      `${(100 * r.fraction).toFixed(0)}% of ${figure(r.matmul.gflops)} (${r.matmul.size})`,
      String(r.dispatches),
      r.megabytes.toFixed(0),
    ]],
    1,
  );
}

/** One line. */
function decoderTable(r: DecoderRow): string {
  const convolutions = r.convolutions;
  return textTable(
    ["decoder", "batch", "images/s", "GFLOP/s", "conv2d's", "of matmul's", "kernels", "MB"],
    [[
      `Stable Diffusion's, ${r.size} x ${r.size}`,
      String(r.batch),
      r.images_per_s.toPrecision(3),
      figure(r.gflops),
      convolutions === null ? "" : figure(convolutions.gflops),
      convolutions === null
        ? ""
        : `${(100 * convolutions.fraction).toFixed(0)}% of ${
          figure(r.matmul.gflops)
        } (${r.matmul.size})`,
      String(r.dispatches),
      r.megabytes.toFixed(0),
    ]],
    1,
  );
}

/** A line for each estimate; the ratio is over what it took. */
function estimateTable(rows: readonly EstimateRow[]): string {
  return textTable(
    ["dry run", "", "estimated s", "took s", "ratio"],
    rows.map(({ preset, what, estimated_s, seconds }, i) => [
      preset === rows[i - 1]?.preset ? "" : preset,
      what,
      estimated_s.toPrecision(3),
      seconds.toPrecision(3),
      (estimated_s / seconds).toFixed(2),
    ]),
    2,
  );
}

function cells({ library, ms, gflops, gbs, dispatches, readyMs, ratio }: Timing): string[] {
  return [
    library,
    figure(ms),
    figure(gflops),
    gbs === null ? "" : figure(gbs),
    dispatches === null ? "" : String(dispatches),
    figure(readyMs / 1000),
    ratio === null ? "" : ratio.toFixed(2),
  ];
}

function figure(value: number): string {
  return value.toFixed(value < 10 ? 2 : 1);
}
