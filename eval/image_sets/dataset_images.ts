import { byteSource } from "../../train/data/byte_source.ts";
import { consecutive, type ImageSource } from "../../train/data/image_source.ts";
import type { ImageBatch, ImageSet } from "./image_set.ts";
import { rgb } from "./rgb.ts";

/** Images of a batch, but for the last. */
const BATCH = 256;

/**
 * The images of a source, in its own order, never mirrored; grey becomes RGB.
 *
 * @throws {DatasetError} where they are no bytes
 */
export function datasetImages(source: ImageSource): ImageSet {
  const bytes = byteSource(source);
  return { name: source.name, n: source.length, batches: () => batchesOf(bytes) };
}

async function* batchesOf(source: ImageSource<"u8">): AsyncGenerator<ImageBatch> {
  const { length, shape: [channels, height, width] } = source;
  for (let first = 0; first < length; first += BATCH) {
    const n = Math.min(BATCH, length - first);
    const { data } = await source.read(consecutive(first, n));
    yield { images: rgb(data, { channels, pixels: height * width }), n, height, width };
  }
}
