import type { Device } from "../../engine/mod.ts";
import type { Extract } from "../../eval/metrics/inception/feature_cache.ts";
import {
  type Measured,
  measureImages,
  type RequestedMetrics,
} from "../../eval/metrics/measure_images.ts";
import type { Side } from "./side.ts";
import type { ProgressHooks } from "../cli/progress_hooks.ts";

/** What {@linkcode measureSide} works with. */
export interface MeasureTools {
  /** Null where nothing is measured. */
  readonly device: Device | null;
  /** Null where no metric needs Inception. */
  readonly extract: Extract | null;
  /** Shows progress. */
  readonly wait: ProgressHooks;
}

/** Measures what is requested of a side; statistics from a file are passed through. */
export async function measureSide(
  side: Side,
  letter: "A" | "B",
  requested: RequestedMetrics,
  { device, extract, wait }: MeasureTools,
): Promise<Measured> {
  const idle = !Object.values(requested).some(Boolean);
  if (idle || !side.images || !device) {
    return {
      n: side.statistics?.n ?? side.n,
      statistics: side.statistics,
      features: null,
      score: null,
      projections: null,
    };
  }
  const show = wait(`${side.drawn ? "drawing and " : ""}measuring ${letter}`, "images");
  // For drawn images, drawing and measuring count half each.
  let drawn = 0;
  let measured = 0;
  const report = () => show(side.drawn ? (drawn + measured) / 2 : measured, side.n);
  const set = side.images(device, {
    onDrawn: (done) => {
      drawn = done;
      report();
    },
  });
  const needsFeatures = requested.statistics || requested.features || requested.score;
  const result = await measureImages(device, set, requested, {
    extract: needsFeatures && extract ? extract : undefined,
    onProgress: (done) => {
      measured = done;
      report();
    },
  });
  return { ...result, statistics: side.statistics ?? result.statistics };
}
