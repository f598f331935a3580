import type { RequestedMetrics } from "../../eval/metrics/measure_images.ts";
import { MetricError } from "../../eval/metrics/metric_error.ts";
import type { FidFlags, Metric } from "./fid_flags.ts";
import type { Side } from "./side.ts";

/**
 * What to measure of a side's images; statistics from a file are not measured again.
 *
 * @throws {MetricError} where statistics are to be saved of too few images
 */
export function requestedMetrics(
  { name, statistics, images, n }: Side,
  letter: "A" | "B",
  { metrics, save_stats }: Pick<FidFlags, "metrics" | "save_stats">,
): RequestedMetrics {
  const isRequested = (...names: Metric[]) => names.some((name) => metrics.includes(name));
  if (save_stats !== null && statistics === null && images !== null && n < 2) {
    throw new MetricError(
      `--save_stats: a covariance takes 2 images at least, and ${name} are ${n}`,
    );
  }
  return {
    statistics: statistics === null && (isRequested("fid") || save_stats !== null),
    features: isRequested("kid", "pr"),
    score: letter === "A" && isRequested("is"),
    projections: isRequested("swd"),
  };
}
