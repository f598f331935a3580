import type { Device } from "../../engine/mod.ts";
import { frechetDistance } from "../../eval/metrics/frechet_distance.ts";
import { FEATURES } from "../../eval/metrics/inception/inception_features.ts";
import { kernelInceptionDistance } from "../../eval/metrics/kernel_inception_distance.ts";
import type { Measured } from "../../eval/metrics/measure_images.ts";
import { PairwiseProducts } from "../../eval/metrics/linalg/pairwise_products.ts";
import { precisionRecall } from "../../eval/metrics/precision_recall.ts";
import type { Metric } from "./fid_flags.ts";
import type { Figures } from "./fid_report.ts";
import type { ProgressHooks } from "../cli/progress_hooks.ts";

/** Neighbours that decide how far an image's surroundings reach. */
const NEIGHBOURS = 3;

/** The figures that were asked for, of A as generated images and B as real ones. */
export async function compareSides(
  device: Device | null,
  a: Measured,
  b: Measured,
  { metrics, wait, say }: {
    metrics: readonly Metric[];
    wait: ProgressHooks;
    say: (line: string) => void;
  },
): Promise<Figures> {
  const asked = (name: Metric) => metrics.includes(name);
  // First what may refuse: the others take their time.
  const inception_score = asked("is") ? a.score!.result() : null;
  using pairs = device && (asked("kid") || asked("pr"))
    ? await PairwiseProducts.create(device, FEATURES, Math.max(a.n, b.n))
    : null;
  if (asked("fid")) say("working out the distance of two Gaussians: some seconds");
  return {
    fid: asked("fid") ? frechetDistance(a.statistics!, b.statistics!) : null,
    kid: asked("kid")
      ? await kernelInceptionDistance(pairs!.products, a.features!, b.features!, {
        d: FEATURES,
        onProgress: wait("KID", "subsets"),
      })
      : null,
    inception_score,
    precision_recall: asked("pr")
      ? {
        ...await precisionRecall(pairs!.products, b.features!, a.features!, {
          d: FEATURES,
          k: NEIGHBOURS,
          onProgress: wait("precision and recall", "images"),
        }),
        k: NEIGHBOURS,
      }
      : null,
    sliced_wasserstein: asked("swd") ? a.projections!.distance(b.projections!) : null,
  };
}
