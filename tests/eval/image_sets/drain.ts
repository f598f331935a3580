import type { ImageBatch, ImageSet } from "../../../eval/image_sets/image_set.ts";

/** All images of a set, one after another. */
export async function drain(set: ImageSet): Promise<Uint8Array[]> {
  return (await Array.fromAsync(set.batches())).flatMap(apart);
}

/** The images of a batch. */
export function apart({ images, n, height, width }: ImageBatch): Uint8Array[] {
  const size = 3 * height * width;
  return Array.from({ length: n }, (_, i) => images.slice(i * size, (i + 1) * size));
}
