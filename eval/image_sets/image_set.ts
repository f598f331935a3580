/** Images of one size as bytes, `[n, 3, height, width]`. */
export interface ImageBatch {
  readonly images: Uint8Array<ArrayBuffer>;
  readonly n: number;
  readonly height: number;
  readonly width: number;
}

/** Images to be measured, wherever they come from. */
export interface ImageSet {
  /** What they are, in a person's words. */
  readonly name: string;
  /** How many there are; fewer come where broken ones are skipped. */
  readonly n: number;
  /** All of them, once, in an order that is always the same. */
  batches(): AsyncIterable<ImageBatch>;
}

/** The same images in batches of `size`, but for the last. All must be of one height and width. */
export async function* regrouped(
  batches: AsyncIterable<ImageBatch>,
  size: number,
): AsyncGenerator<ImageBatch> {
  let waiting: ImageBatch | null = null;
  for await (const batch of batches) {
    const { height, width } = batch;
    const image = 3 * height * width;
    for (let taken = 0; taken < batch.n;) {
      waiting ??= { images: new Uint8Array(size * image), n: 0, height, width };
      const now: number = Math.min(size - waiting.n, batch.n - taken);
      const images = batch.images.subarray(taken * image, (taken + now) * image);
      waiting.images.set(images, waiting.n * image);
      waiting = { ...waiting, n: waiting.n + now };
      taken += now;
      if (waiting.n < size) continue;
      yield waiting;
      waiting = null;
    }
  }
  if (waiting) {
    const { images, n, height, width } = waiting;
    yield { images: images.slice(0, n * 3 * height * width), n, height, width };
  }
}
