import type { RequestedMetrics } from "../../eval/metrics/measure_images.ts";
import { UsageError } from "../../train/config/usage_error.ts";
import type { FidFlags, Metric } from "./fid_flags.ts";
import type { Side } from "./side.ts";

/**
 * What to measure of a side's images; statistics from a file are not measured again.
 *
 * @throws {UsageError} where a metric needs images and the side has none
 */
export function requestedMetrics(
  { name, statistics, images }: Side,
  letter: "A" | "B",
  { metrics, save_stats }: Pick<FidFlags, "metrics" | "save_stats">,
): RequestedMetrics {
  const isRequested = (...names: Metric[]) => names.some((name) => metrics.includes(name));
  const requested = {
    statistics: statistics === null && (isRequested("fid") || save_stats !== null),
    features: isRequested("kid", "pr"),
    score: letter === "A" && isRequested("is"),
    projections: isRequested("swd"),
  };
  const lacking = metrics.filter((name) => name !== "fid" && (name !== "is" || letter === "A"));
  if (images === null && lacking.length > 0) {
    throw new UsageError(
      `--metrics: ${lacking.join(", ")} cannot be computed from ${name}, only from images; ` +
        "leave it out, or name the images themselves",
    );
  }
  return requested;
}
