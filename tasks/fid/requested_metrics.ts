import type { RequestedMetrics } from "../../eval/metrics/measure_images.ts";
import { UsageError } from "../../train/config/usage_error.ts";
import type { FidFlags, Metric } from "./fid_flags.ts";
import type { Side } from "./side.ts";

/**
 * What is to be measured of the images of a side; statistics that came in a file are not.
 *
 * @throws {UsageError} where that takes images, and the side has none
 */
export function requestedMetrics(
  { name, statistics, images }: Side,
  letter: "A" | "B",
  { metrics, save_stats }: Pick<FidFlags, "metrics" | "save_stats">,
): RequestedMetrics {
  const asked = (...names: Metric[]) => names.some((name) => metrics.includes(name));
  const wanted = {
    statistics: statistics === null && (asked("fid") || save_stats !== null),
    features: asked("kid", "pr"),
    score: letter === "A" && asked("is"),
    projections: asked("swd"),
  };
  const lacking = metrics.filter((name) => name !== "fid" && (name !== "is" || letter === "A"));
  if (images === null && lacking.length > 0) {
    throw new UsageError(
      `--metrics: ${lacking.join(", ")} cannot be had from ${name}, only from images; ` +
        "leave it out, or name the images themselves",
    );
  }
  return wanted;
}
