import type { PictureBatch, PictureSet } from "../../../eval/image_sets/image_set.ts";

/** All pictures of a set, one after another. */
export async function drain(set: PictureSet): Promise<Uint8Array[]> {
  return (await Array.fromAsync(set.batches())).flatMap(apart);
}

/** The pictures of a batch. */
export function apart({ images, n, height, width }: PictureBatch): Uint8Array[] {
  const size = 3 * height * width;
  return Array.from({ length: n }, (_, i) => images.slice(i * size, (i + 1) * size));
}
