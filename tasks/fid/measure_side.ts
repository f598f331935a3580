import type { Device } from "../../engine/mod.ts";
import type { Extract } from "../../eval/metrics/inception/feature_cache.ts";
import { type Measured, measurePictures, type Wanted } from "../../eval/metrics/measure_images.ts";
import type { Side } from "./side.ts";
import type { Waits } from "../cli/progress_hooks.ts";

/** What measuring takes. */
export interface MeasureTools {
  /** Null where nothing is measured. */
  readonly device: Device | null;
  /** Null where nothing is measured that takes Inception. */
  readonly extract: Extract | null;
  readonly wait: Waits;
}

/** Measures what is wanted of a side; statistics that came in a file are handed on. */
export async function measureSide(
  side: Side,
  letter: "A" | "B",
  wanted: Wanted,
  { device, extract, wait }: MeasureTools,
): Promise<Measured> {
  const idle = !Object.values(wanted).some(Boolean);
  if (idle || !side.pictures || !device) {
    return {
      n: side.statistics?.n ?? side.n,
      statistics: side.statistics,
      features: null,
      score: null,
      projections: null,
    };
  }
  using stack = new DisposableStack();
  const show = wait(`${side.drawn ? "drawing and " : ""}measuring ${letter}`, "pictures");
  // Of pictures that are drawn, drawing and measuring are half the way each.
  let drawn = 0;
  let measured = 0;
  const tell = () => show(side.drawn ? (drawn + measured) / 2 : measured, side.n);
  const set = await side.pictures(device, {
    stack,
    onDrawn: (done) => {
      drawn = done;
      tell();
    },
  });
  const sees = wanted.statistics || wanted.features || wanted.score;
  const result = await measurePictures(device, set, wanted, {
    extract: sees && extract ? extract : undefined,
    onProgress: (done) => {
      measured = done;
      tell();
    },
  });
  return { ...result, statistics: side.statistics ?? result.statistics };
}
