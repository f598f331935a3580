import type { Device } from "../../engine/mod.ts";
import type { Extract } from "../../eval/metrics/inception/feature_cache.ts";
import {
  type Measured,
  measureImages,
  type RequestedMetrics,
} from "../../eval/metrics/measure_images.ts";
import type { Side } from "./side.ts";
import type { ProgressHooks } from "../cli/progress_hooks.ts";

/** What measuring takes. */
export interface MeasureTools {
  /** Null where nothing is measured. */
  readonly device: Device | null;
  /** Null where nothing is measured that takes Inception. */
  readonly extract: Extract | null;
  readonly wait: ProgressHooks;
}

/** Measures what is wanted of a side; statistics that came in a file are handed on. */
export async function measureSide(
  side: Side,
  letter: "A" | "B",
  wanted: RequestedMetrics,
  { device, extract, wait }: MeasureTools,
): Promise<Measured> {
  const idle = !Object.values(wanted).some(Boolean);
  if (idle || !side.images || !device) {
    return {
      n: side.statistics?.n ?? side.n,
      statistics: side.statistics,
      features: null,
      score: null,
      projections: null,
    };
  }
  using stack = new DisposableStack();
  const show = wait(`${side.drawn ? "drawing and " : ""}measuring ${letter}`, "images");
  // Of images that are drawn, drawing and measuring are half the way each.
  let drawn = 0;
  let measured = 0;
  const tell = () => show(side.drawn ? (drawn + measured) / 2 : measured, side.n);
  const set = await side.images(device, {
    stack,
    onDrawn: (done) => {
      drawn = done;
      tell();
    },
  });
  const sees = wanted.statistics || wanted.features || wanted.score;
  const result = await measureImages(device, set, wanted, {
    extract: sees && extract ? extract : undefined,
    onProgress: (done) => {
      measured = done;
      tell();
    },
  });
  return { ...result, statistics: side.statistics ?? result.statistics };
}
