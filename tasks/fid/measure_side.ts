import type { Device } from "../../engine/mod.ts";
import type { Extract } from "../../eval/metrics/inception/feature_cache.ts";
import { sharedImages } from "../../eval/image_sets/shared_images.ts";
import { type Measured, measureImages } from "../../eval/metrics/measure_images.ts";
import type { Collective } from "../../train/collective/collective.ts";
import { isMeasured, type SidePlan } from "./fid_plan.ts";
import type { Side } from "./side.ts";
import type { ProgressHooks } from "../cli/progress_hooks.ts";

/** What {@linkcode measureSide} works with. */
export interface MeasureTools {
  /** Null where nothing is measured. */
  readonly device: Device | null;
  /** Null where no metric needs Inception. */
  readonly extract: Extract | null;
  /** The processes that measure together; rank 0 alone has the results. */
  readonly collective: Collective;
  /** Shows progress. */
  readonly wait: ProgressHooks;
}

/** Measures what is requested of a side; statistics from a file are passed through. */
export async function measureSide(
  side: Side,
  letter: "A" | "B",
  plan: SidePlan,
  { device, extract, wait, collective }: MeasureTools,
): Promise<Measured> {
  const { requested } = plan;
  if (!isMeasured(plan) || !side.images || !device) {
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
  const own = side.images(device, {
    onDrawn: (done) => {
      drawn = done;
      report();
    },
  });
  const set = side.drawn ? own : sharedImages(own, collective);
  const needsFeatures = requested.statistics || requested.features || requested.score;
  // The others only help to extract.
  const kept = collective.rank === 0 ? requested : {};
  const result = await measureImages(device, set, kept, {
    extract: needsFeatures && extract ? extract : undefined,
    onProgress: (done) => {
      measured = done;
      report();
    },
  });
  return { ...result, statistics: side.statistics ?? result.statistics };
}
