import type { Device } from "../../engine/mod.ts";
import { frechetDistance } from "../../eval/metrics/frechet_distance.ts";
import { FEATURES } from "../../eval/metrics/inception/inception_features.ts";
import { kernelInceptionDistance } from "../../eval/metrics/kernel_inception_distance.ts";
import type { Measured } from "../../eval/metrics/measure_images.ts";
import { PairwiseProducts } from "../../eval/metrics/linalg/pairwise_products.ts";
import { precisionRecall } from "../../eval/metrics/precision_recall.ts";
import type { Metric } from "./fid_flags.ts";
import type { FidResults } from "./fid_report.ts";
import type { ProgressHooks } from "../cli/progress_hooks.ts";

/** Nearest neighbours that set the radius around each image, in precision and recall. */
const NEIGHBOURS = 3;

/** The requested metrics, with A as the generated images and B as the real ones. */
export async function compareSides(
  device: Device | null,
  a: Measured,
  b: Measured,
  { metrics, wait, onStatus }: {
    metrics: readonly Metric[];
    wait: ProgressHooks;
    onStatus: (line: string) => void;
  },
): Promise<FidResults> {
  const isRequested = (name: Metric) => metrics.includes(name);
  // First what may throw: the others take long.
  const inception_score = isRequested("is") ? a.score!.result() : null;
  using pairs = device && (isRequested("kid") || isRequested("pr"))
    ? await PairwiseProducts.create(device, FEATURES, Math.max(a.n, b.n))
    : null;
  if (isRequested("fid")) onStatus("computing the distance of two Gaussians: some seconds");
  return {
    fid: isRequested("fid") ? frechetDistance(a.statistics!, b.statistics!) : null,
    kid: isRequested("kid")
      ? await kernelInceptionDistance(pairs!.products, a.features!, b.features!, {
        d: FEATURES,
        onProgress: wait("KID", "subsets"),
      })
      : null,
    inception_score,
    precision_recall: isRequested("pr")
      ? {
        ...await precisionRecall(pairs!.products, b.features!, a.features!, {
          d: FEATURES,
          k: NEIGHBOURS,
          onProgress: wait("precision and recall", "images"),
        }),
        k: NEIGHBOURS,
      }
      : null,
    sliced_wasserstein: isRequested("swd") ? a.projections!.distance(b.projections!) : null,
  };
}
