import type { RequestedMetrics } from "../../eval/metrics/measure_images.ts";
import { CollectiveError } from "../../train/collective/collective_error.ts";
import type { FidFlags } from "./fid_flags.ts";
import { openSide, type Side, type SideTools } from "./side.ts";

/** What of a side is measured. */
export interface SidePlan extends Pick<Side, "name" | "n"> {
  /** How its images are drawn, for comparison; null where rank 0 reads them. */
  readonly recipe: string | null;
  /** Whether it has images. */
  readonly hasImages: boolean;
  readonly requested: RequestedMetrics;
}

/** What processes measure together, as rank 0 knows when it has opened both sides. */
export interface FidPlan {
  readonly a: SidePlan;
  readonly b: SidePlan | null;
  /** SHA-256 of Inception's weights; null where no metric needs them. */
  readonly inception: string | null;
  /** Whether the Inception Score is measured. */
  readonly logits: boolean;
}

/** The plan of a side that is open. */
export function sidePlan(side: Side, requested: RequestedMetrics): SidePlan {
  const { name, n, drawn, images } = side;
  const recipe = drawn && JSON.stringify(drawn.recipe);
  return { name, n, recipe, hasImages: images !== null, requested };
}

/** Whether anything of a side is measured. */
export function isMeasured({ hasImages, requested }: SidePlan): boolean {
  return hasImages && Object.values(requested).some(Boolean);
}

/**
 * A side as the ranks have it that are not the first: they open what they draw from, and receive the
 * images that rank 0 reads.
 *
 * @param text the argument that names it
 * @throws {CollectiveError} where this rank would draw other images than rank 0
 */
export async function followSide(
  { name, n, recipe, hasImages, requested }: SidePlan,
  text: string,
  flags: FidFlags,
  tools: SideTools,
): Promise<Side> {
  if (recipe === null) {
    const images = hasImages ? () => ({ name, n, batches: nothing }) : null;
    return { name, n, statistics: null, images, drawn: null };
  }
  const side = await openSide(text, flags, tools);
  if (sidePlan(side, requested).recipe === recipe) return side;
  throw new CollectiveError(
    `${text}: is another checkpoint than that of process 0; give all processes the same files`,
  );
}

async function* nothing(): AsyncGenerator<never> {}
