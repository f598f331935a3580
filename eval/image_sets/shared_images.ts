import { broadcastValue } from "../../train/collective/broadcast_value.ts";
import type { Collective } from "../../train/collective/collective.ts";
import { type ImageBatch, type ImageSet, regrouped } from "./image_set.ts";

/** Images that processes receive together, but for the last. */
const BATCH = 256;

/**
 * The images of rank 0 on every rank: it alone reads them, so that no other needs its files.
 *
 * @param set of rank 0; the others' is not read
 */
export function sharedImages(set: ImageSet, collective: Collective): ImageSet {
  if (collective.size === 1) return set;
  return { ...set, batches: () => collective.rank === 0 ? sent(set, collective) : got(collective) };
}

async function* sent(set: ImageSet, collective: Collective): AsyncGenerator<ImageBatch> {
  for await (const batch of regrouped(set.batches(), BATCH)) {
    const { n, height, width, images } = batch;
    await broadcastValue(collective, { n, height, width });
    await collective.broadcast(images);
    yield batch;
  }
  await broadcastValue(collective, null);
}

async function* got(collective: Collective): AsyncGenerator<ImageBatch> {
  while (true) {
    const size = await broadcastValue<Omit<ImageBatch, "images"> | null>(collective, null);
    if (size === null) return;
    const images = new Uint8Array(3 * size.n * size.height * size.width);
    await collective.broadcast(images);
    yield { ...size, images };
  }
}
