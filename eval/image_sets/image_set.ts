/**
 * Images of one size as bytes, `[n, 3, height, width]`.
 * @category Images
 */
export interface ImageBatch {
  /** `[n, 3, height, width]`, 0 to 255. */
  readonly images: Uint8Array<ArrayBuffer>;
  /** How many images there are. */
  readonly n: number;
  /** Height of each, pixels. */
  readonly height: number;
  /** Width of each, pixels. */
  readonly width: number;
}

/**
 * Images to be measured, from any source.
 * @category Images
 */
export interface ImageSet {
  /** What the images are, for messages. */
  readonly name: string;
  /** How many there are; batches have fewer where broken ones are skipped. */
  readonly n: number;
  /** All of them, once each, always in the same order. */
  batches(): AsyncIterable<ImageBatch>;
}

/** The same images in batches of `size`, but for the last; all must have one height and width. */
export async function* regrouped(
  batches: AsyncIterable<ImageBatch>,
  size: number,
): AsyncGenerator<ImageBatch> {
  let partial: ImageBatch | null = null;
  for await (const batch of batches) {
    const { height, width } = batch;
    const image = 3 * height * width;
    for (let taken = 0; taken < batch.n;) {
      partial ??= { images: new Uint8Array(size * image), n: 0, height, width };
      const now: number = Math.min(size - partial.n, batch.n - taken);
      const images = batch.images.subarray(taken * image, (taken + now) * image);
      partial.images.set(images, partial.n * image);
      partial = { ...partial, n: partial.n + now };
      taken += now;
      if (partial.n < size) continue;
      yield partial;
      partial = null;
    }
  }
  if (partial) {
    const { images, n, height, width } = partial;
    yield { images: images.slice(0, n * 3 * height * width), n, height, width };
  }
}
