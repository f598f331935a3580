import type { Collective } from "../../../train/collective/collective.ts";
import { gatherFloats } from "../../../train/collective/gather_floats.ts";
import type { Extract } from "./feature_cache.ts";
import type { Features } from "./inception_features.ts";

/**
 * The same features, each rank computing those of a share of the images; all ranks call it with the
 * same batch, and have the features of all.
 */
export function sharedExtract(extract: Extract, collective: Collective): Extract {
  const { rank, size } = collective;
  if (size === 1) return extract;
  return async ({ images, n, height, width }, onProgress): Promise<Features> => {
    const each = Math.ceil(n / size);
    const image = images.length / n;
    const own = images.subarray(rank * each * image, (rank + 1) * each * image);
    const seen = await extract(
      { images: own, n: own.length / image, height, width },
      (done) => onProgress?.(Math.min(n, done * size)),
    );
    const pool = await gatherFloats(collective, seen.pool);
    return { pool, logits: seen.logits && await gatherFloats(collective, seen.logits) };
  };
}
