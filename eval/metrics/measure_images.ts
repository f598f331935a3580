import { joined } from "../../engine/joined.ts";
import type { Device } from "../../engine/mod.ts";
import type { Extract } from "./inception/feature_cache.ts";
import { FeatureMoments, type FeatureStatistics } from "./inception/feature_statistics.ts";
import { FEATURES, type Features, LOGITS } from "./inception/inception_features.ts";
import { InceptionScore } from "./inception_score.ts";
import { PairwiseProducts } from "./linalg/pairwise_products.ts";
import { type ImageSet, regrouped } from "../image_sets/image_set.ts";
import { PixelProjections } from "./sliced_wasserstein.ts";

/** What to measure on a set of images. */
export interface RequestedMetrics {
  /** Mean and covariance of features, for FID. */
  readonly statistics?: boolean;
  /** All features, for KID, precision and recall. */
  readonly features?: boolean;
  /** The Inception Score. */
  readonly score?: boolean;
  /** Projections of pixels, for the sliced Wasserstein distance. */
  readonly projections?: boolean;
}

/** What was measured on a set of images; null is what was not requested. */
export interface Measured {
  /** How many images there were. */
  readonly n: number;
  /** Mean and covariance of features. */
  readonly statistics: FeatureStatistics | null;
  /** Features, `[n, 2048]`. */
  readonly features: Float32Array | null;
  /** The Inception Score. */
  readonly score: InceptionScore | null;
  /** Projections of pixels. */
  readonly projections: PixelProjections | null;
}

/** Images whose features are extracted, and cached, together. */
const BATCH = 256;

/**
 * Measures a set of images in one pass.
 *
 * @param extract computes features; needed for all but the projections
 * @param onProgress called with the number of images done
 * @throws {MetricError} where there are too few images for a requested metric
 */
export async function measureImages(
  device: Device,
  set: ImageSet,
  requested: RequestedMetrics,
  { extract, onProgress }: { extract?: Extract; onProgress?: (done: number) => void } = {},
): Promise<Measured> {
  const moments = requested.statistics ? new FeatureMoments(FEATURES) : null;
  const score = requested.score ? new InceptionScore(LOGITS) : null;
  const features: Float32Array[] = [];
  let pixels: { projections: PixelProjections; pairs: PairwiseProducts } | null = null;
  let done = 0;
  try {
    for await (const batch of regrouped(set.batches(), BATCH)) {
      if (extract) {
        const seen: Features = await extract(batch, (part) => onProgress?.(done + part));
        moments?.add(seen.pool);
        if (requested.features) features.push(seen.pool);
        if (seen.logits) score?.add(seen.logits);
      }
      if (requested.projections) {
        const size = batch.images.length / batch.n;
        pixels ??= {
          projections: new PixelProjections(size),
          pairs: await PairwiseProducts.create(device, size),
        };
        await pixels.projections.add(pixels.pairs.products, batch.images);
      }
      onProgress?.(done += batch.n);
    }
    return {
      n: done,
      statistics: moments?.statistics() ?? null,
      features: requested.features ? joined(features) : null,
      score,
      projections: pixels?.projections ?? null,
    };
  } finally {
    pixels?.pairs[Symbol.dispose]();
  }
}
