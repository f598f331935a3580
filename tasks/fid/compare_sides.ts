import type { Device } from "../../engine/mod.ts";
import { frechetDistance } from "../../eval/metrics/frechet_distance.ts";
import { FEATURES } from "../../eval/metrics/inception/inception_features.ts";
import { kernelInceptionDistance } from "../../eval/metrics/kernel_inception_distance.ts";
import type { Measured } from "../../eval/metrics/measure_images.ts";
import { MetricError } from "../../eval/metrics/metric_error.ts";
import { NotFiniteError } from "../../eval/not_finite_error.ts";
import { PairwiseProducts } from "../../eval/metrics/linalg/pairwise_products.ts";
import { precisionRecall } from "../../eval/metrics/precision_recall.ts";
import type { Metric } from "./fid_flags.ts";
import type { FidResults } from "./fid_report.ts";
import { type MissingMetrics, mustHaveSome } from "./missing_metrics.ts";
import type { ProgressHooks } from "../cli/progress_hooks.ts";

/** Nearest neighbours that set the radius around each image, in precision and recall. */
const NEIGHBOURS = 3;

/**
 * The requested metrics, with A as the generated images and B as the real ones. One that cannot be
 * had takes no other along.
 *
 * @param missing why others are not requested here
 * @throws {MetricError} with a line for each metric, where none can be had
 */
export async function compareSides(
  device: Device | null,
  a: Measured,
  b: Measured,
  { metrics, missing: before, wait, onStatus }: {
    metrics: readonly Metric[];
    missing: MissingMetrics;
    wait: ProgressHooks;
    onStatus: (line: string) => void;
  },
): Promise<FidResults> {
  const missing = { ...before };
  const had = async <T>(name: Metric, measure: () => T | Promise<T>): Promise<T | null> => {
    if (!metrics.includes(name)) return null;
    try {
      return await measure();
    } catch (error) {
      if (!(error instanceof MetricError || error instanceof NotFiniteError)) throw error;
      missing[name] = error.message;
      return null;
    }
  };
  using pairs = device && (metrics.includes("kid") || metrics.includes("pr"))
    ? await PairwiseProducts.create(device, FEATURES, Math.max(a.n, b.n))
    : null;
  const results = {
    inception_score: await had("is", () => a.score!.result()),
    sliced_wasserstein: await had("swd", () => a.projections!.distance(b.projections!)),
    fid: await had("fid", () => {
      onStatus("computing the distance of two Gaussians: some seconds");
      return frechetDistance(a.statistics!, b.statistics!);
    }),
    kid: await had("kid", () =>
      kernelInceptionDistance(pairs!.products, a.features!, b.features!, {
        d: FEATURES,
        onProgress: wait("KID", "subsets"),
      })),
    precision_recall: await had("pr", async () => ({
      ...await precisionRecall(pairs!.products, b.features!, a.features!, {
        d: FEATURES,
        k: NEIGHBOURS,
        onProgress: wait("precision and recall", "images"),
      }),
      k: NEIGHBOURS,
    })),
  };
  mustHaveSome([...metrics, ...Object.keys(before) as Metric[]], missing, MetricError);
  return { ...results, missing };
}
