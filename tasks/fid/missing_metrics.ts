import { counted } from "../../engine/counted.ts";
import { FEATURES } from "../../eval/metrics/inception/inception_features.ts";
import type { MetricError } from "../../eval/metrics/metric_error.ts";
import { UsageError } from "../../train/config/usage_error.ts";
import type { Metric } from "./fid_flags.ts";
import type { Side } from "./side.ts";

/** Why requested metrics cannot be had, by their names. */
export type MissingMetrics = Partial<Record<Metric, string>>;

/** The exit code where some of the requested metrics could not be had, and the others were. */
export const SOME_MISSING = 3;

/** Fewest images of a side that a metric takes; the Inception Score is of A alone. */
const FEWEST: Readonly<Record<Metric, number>> = { fid: 2, kid: 2, is: 10, pr: 4, swd: 1 };

/**
 * The requested metrics that what is known of the sides rules out, before anything is measured: too
 * few images, or statistics in place of images.
 *
 * @throws {UsageError} with a line for each, where none is left
 */
export function missingMetrics(metrics: readonly Metric[], a: Side, b: Side): MissingMetrics {
  const missing: MissingMetrics = {};
  for (const metric of metrics) {
    for (const side of metric === "is" ? [a] : [a, b]) {
      missing[metric] ??= fault(metric, side);
    }
    if (metric === "fid") missing.fid ??= unequalWidths(a, b);
    if (missing[metric] === undefined) delete missing[metric];
  }
  mustHaveSome(metrics, missing, UsageError);
  return missing;
}

/** @throws {Error} of a class, with a line for each metric, where all that are requested are missing */
export function mustHaveSome(
  metrics: readonly Metric[],
  missing: MissingMetrics,
  ErrorClass: typeof UsageError | typeof MetricError,
): void {
  if (metrics.some((metric) => !(metric in missing))) return;
  throw new ErrorClass(metrics.map((metric) => `--metrics: ${missing[metric]}`).join("\n"));
}

/** Statistics of files may be of other features than Inception's, where both sides' are. */
function unequalWidths(a: Side, b: Side): string | undefined {
  const [of_a, of_b] = [a, b].map(({ statistics }) => statistics?.mu.length ?? FEATURES);
  if (of_a === of_b) return undefined;
  const shapes = [a, b].map(({ name }, i) => {
    const d = [of_a, of_b][i];
    return `${name} have mu [${d}] and sigma [${d}, ${d}]`;
  });
  return `fid takes statistics of the same features: ${shapes.join(", ")}`;
}

function fault(metric: Metric, { name, statistics, images, n }: Side): string | undefined {
  if (metric === "fid" && statistics) return undefined;
  if (images === null) {
    return `${metric} cannot be computed from ${name}, only from images; leave it out, or name the ` +
      "images themselves";
  }
  if (n >= FEWEST[metric]) return undefined;
  return `${metric} takes ${
    counted(FEWEST[metric], "image")
  } at least, and there are ${n}: ${name}`;
}
