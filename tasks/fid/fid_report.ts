import { counted } from "../../engine/counted.ts";
import type { InceptionScoreResult } from "../../eval/metrics/inception_score.ts";
import type { KernelInceptionDistance } from "../../eval/metrics/kernel_inception_distance.ts";
import type { PrecisionRecall } from "../../eval/metrics/precision_recall.ts";
import type { Measured } from "../../eval/metrics/measure_images.ts";
import type { WeightsKind } from "../../train/checkpoints/weights_file.ts";
import type { Recipe } from "../../eval/sample_recipe.ts";
import type { Metric } from "./fid_flags.ts";
import type { MissingMetrics } from "./missing_metrics.ts";
import type { Side } from "./side.ts";

/** With fewer images, the covariance of the 2048 features does not have full rank. */
export const FEW_IMAGES = 2048;

/** How features are computed; only scores of the same variant are comparable. */
export const VARIANT =
  "pytorch-fid's: Inception of 2015-12-05, pool features; 8-bit images, bilinear to 299 x 299 " +
  "without antialiasing; covariance with n - 1";

/** One side of a comparison, as reported. */
export interface SideReport {
  /** The argument on the command line; null where it was left out. */
  readonly given: string | null;
  /** What it stands for. */
  readonly name: string;
  /** Number of images; null where a file of statistics does not record it. */
  readonly n: number | null;
  /** Whether statistics are from a file, whose variant cannot be checked. */
  readonly statistics_from_file: boolean;
  /** How the images were drawn, and from which weights; null for given images. */
  readonly drawn: (Recipe & { readonly ema: boolean }) | null;
}

/** Results by metric; null where it was not requested. */
export interface FidResults {
  /** Frechet Inception Distance. */
  readonly fid: number | null;
  /** Kernel Inception Distance. */
  readonly kid: KernelInceptionDistance | null;
  /** Inception Score of A. */
  readonly inception_score: InceptionScoreResult | null;
  /** Precision and recall of A as generated images, B as real ones. */
  readonly precision_recall: (PrecisionRecall & { readonly k: number }) | null;
  /** Sliced Wasserstein distance, on pixels. */
  readonly sliced_wasserstein: number | null;
  /** Why requested metrics could not be had. */
  readonly missing: MissingMetrics;
}

/** What results are called in the report. */
const LABELS: Readonly<Record<Metric, string>> = {
  fid: "FID",
  kid: "KID",
  is: "Inception Score of A",
  pr: "precision, recall",
  swd: "sliced Wasserstein",
};

/** The report of a comparison; without results where there was nothing to compare with. */
export interface FidReport extends Partial<FidResults> {
  /** The first side. */
  readonly a: SideReport;
  /** The second, if there was one. */
  readonly b: SideReport | null;
  /** The Inception network, where one was used. */
  readonly inception: { readonly variant: string; readonly sha256: string } | null;
}

/** The report of a side. */
export function sideReport(
  given: string | null,
  { name, statistics, drawn }: Side,
  { n }: Measured,
  weights: WeightsKind,
): SideReport {
  return {
    given,
    name,
    n: statistics ? statistics.n : n,
    statistics_from_file: statistics !== null,
    drawn: drawn && { ...drawn.recipe, ema: weights === "ema" },
  };
}

/** The report as text. */
export function reportText(report: FidReport): string {
  const { fid, kid, inception_score, precision_recall, sliced_wasserstein, a, b } = report;
  const rows: [string, string][] = [];
  if (fid != null) rows.push([LABELS.fid, fid.toFixed(4)]);
  if (kid != null) {
    const error = kid.standard_error === null ? "" : ` +- ${kid.standard_error.toExponential(1)}`;
    rows.push([
      LABELS.kid,
      `${kid.value.toExponential(4)}${error}  (${
        counted(kid.subsets, "subset")
      } of ${kid.subset_size})`,
    ]);
  }
  if (inception_score != null) {
    const { value, deviation, splits, splitting } = inception_score;
    rows.push([
      LABELS.is,
      `${value.toFixed(4)} +- ${
        deviation.toFixed(4)
      }  (${splits} ${splitting} splits, as the reference)`,
    ]);
  }
  if (precision_recall != null) {
    const { precision, recall, k } = precision_recall;
    rows.push([LABELS.pr, `${precision.toFixed(4)}, ${recall.toFixed(4)}  (k = ${k})`]);
  }
  if (sliced_wasserstein != null) {
    rows.push([
      LABELS.swd,
      `${sliced_wasserstein.toFixed(6)}  (on pixels; this is no FID)`,
    ]);
  }
  for (const [metric, why] of Object.entries(report.missing ?? {})) {
    rows.push([LABELS[metric as Metric], `not measured: ${why}`]);
  }
  rows.push(["A", sideText(a)]);
  if (b) rows.push(["B", sideText(b)]);
  if (report.inception) {
    rows.push(["variant", report.inception.variant]);
    rows.push(["Inception's SHA-256", report.inception.sha256]);
  }
  const width = Math.max(...rows.map(([name]) => name.length));
  return rows.map(([name, value]) => `${name.padEnd(width)}  ${value}`).join("\n");
}

/** A warning for each side that has few images, where FID was requested. */
export function warnings({ fid, a, b }: FidReport): string[] {
  if (fid == null) return [];
  return [["A", a] as const, ["B", b] as const].flatMap(([letter, side]) => {
    if (!side || side.n === null || side.n >= FEW_IMAGES) return [];
    return [
      `warning: ${letter} has ${
        counted(side.n, "image")
      }, and FID is biased upwards by few: below ` +
      `${FEW_IMAGES} compare it only with FIDs of as many (KID is unbiased: --metrics=kid)`,
    ];
  });
}

function sideText({ name, n, statistics_from_file, drawn }: SideReport): string {
  const count = n === null ? "an unknown number of images" : counted(n, "image");
  const text = `${count}: ${name}`;
  if (statistics_from_file) return `${text} (of unknown variant)`;
  if (!drawn) return text;
  const { sampler, guidance, limit, seed, ema, training_step, weights_sha256, autoencoder, texts } =
    drawn;
  const choices = Object.entries(sampler)
    .filter(([key, value]) => value !== null && key !== "sampler" && key !== "steps")
    .map(([key, value]) => `${key} ${value}`);
  return [
    `${text} (SHA-256 ${weights_sha256.slice(0, 8)}...)`,
    ...training_step === null ? [] : [`step ${training_step}`],
    ema ? "averaged weights (EMA)" : "weights without averaging",
    `${sampler.sampler}, ${counted(sampler.steps, "step")}`,
    ...choices,
    `guidance ${guidance.scale}`,
    `limit ${limit}`,
    `seed ${seed}`,
    ...texts ? [counted(texts.prompts.length, "text")] : [],
    ...autoencoder
      ? [`decoded by ${autoencoder.sha256.slice(0, 8)}..., factor ${autoencoder.scale_factor}`]
      : [],
  ].join(", ");
}
