import type { Dataset } from "../../train/data/dataset.ts";
import type { ImageBatch, ImageSet } from "./image_set.ts";
import { rgb } from "./rgb.ts";

/** Images that are handed on at once. */
const BATCH = 256;

/** The images of a data set in memory, in its own order, never mirrored; grey becomes RGB. */
export function datasetImages(dataset: Dataset): ImageSet {
  return { name: dataset.name, n: dataset.length, batches: () => batchesOf(dataset) };
}

async function* batchesOf(
  { images, length, channels, image_size }: Dataset,
): AsyncGenerator<ImageBatch> {
  const pixels = image_size * image_size;
  for (let first = 0; first < length; first += BATCH) {
    const n = Math.min(BATCH, length - first);
    const bytes = images.subarray(first * channels * pixels, (first + n) * channels * pixels);
    yield { images: rgb(bytes, { channels, pixels }), n, height: image_size, width: image_size };
  }
}
