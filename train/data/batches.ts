/** The images of each training step: a pure function of the sample's global number. */

import type { Conditioning } from "../../nets/conditioning.ts";
import type { Conditions } from "../../nets/conditions.ts";
import { captionConditions } from "./captions/caption_conditions.ts";
import { DatasetError } from "./dataset.ts";
import { hash32, mix32 } from "./hash32.ts";
import type { ImageArrays, ImageDtype, ImageSource } from "./image_source.ts";

/**
 * The images of a step, or the moments of latents, and their labels.
 * @category Data
 */
export interface Batch<D extends ImageDtype = ImageDtype> {
  /** `[n, C, H, W]`; moments are `[n, 2 C, H, W]`. */
  images: ImageArrays[D];
  /** `[n]` */
  labels: Int32Array<ArrayBuffer>;
  /** Encoded captions `[n, tokens, width]`, where images have them. */
  context?: Float32Array | Float16Array;
  /** Captions as ids `[n, ids]`, where images have captions as texts. */
  text?: Int32Array;
  /** The condition of one image that stands for none: the empty caption's, where images have captions. */
  none?: Conditions;
}

/** An endless, seeded walk over a source of images. */
export interface Batches<D extends ImageDtype = ImageDtype> {
  /**
   * The samples numbered `sample` to `sample + n - 1` since the beginning of training. Every N of them
   * are one epoch: each image once, in an order of that epoch's own.
   */
  at(sample: number, n: number): Promise<Batch<D>>;
}

/** Streams of the seed. */
const ORDER = 1;
const FLIP = 2;
/** Of micro_batches.ts is 3. */
const CAPTION = 4;

/**
 * Walks over `source` in an order given by `seed`; with `random_flip` each sample is mirrored left to
 * right with a probability of 1/2; for a network of texts, one of each image's captions is drawn at each
 * visit, where the source has any. There is no position to save: the same numbers give a resumed run the same values.
 *
 * @throws {DatasetError} where the source has no images, or moments are to be mirrored: those of a
 * mirrored image are others
 */
export function batches<D extends ImageDtype>(
  source: ImageSource<D>,
  { seed, random_flip, conditioning = { kind: "none" } }: {
    seed: number;
    random_flip: boolean;
    conditioning?: Conditioning;
  },
): Batches<D> {
  const { length, shape: [channels, height, width] } = source;
  if (length < 1) throw new DatasetError(`${source.name} has no images to train on`);
  if (random_flip && source.dtype === "moments") {
    throw new DatasetError(
      `${source.name}: latents cannot be mirrored; set dataset.random_flip=false`,
    );
  }
  const size = channels * height * width;
  const captions = captionConditions(source.captions, conditioning);
  let none: Promise<Conditions> | undefined;
  const orders = new Map<number, Uint32Array>();

  function orderOf(epoch: number): Uint32Array {
    let order = orders.get(epoch);
    if (!order) {
      // A batch spans the end of one epoch and the beginning of the next: two are worth keeping.
      if (orders.size > 1) orders.delete(orders.keys().next().value!);
      orders.set(epoch, order = permutation(length, hash32(seed, ORDER, epoch)));
    }
    return order;
  }

  return {
    async at(sample: number, n: number): Promise<Batch<D>> {
      const indices = new Uint32Array(n);
      for (let i = 0; i < n; i++) {
        const k = sample + i;
        indices[i] = orderOf(Math.floor(k / length))[k % length];
      }
      const { data: images, labels } = await source.read(indices);
      for (let i = 0; i < n; i++) {
        const flips = random_flip && hash32(seed, FLIP, sample + i) & 1;
        if (flips) mirror(images.subarray(i * size, (i + 1) * size), width);
      }
      if (!captions) return { images, labels };
      const draws = Uint32Array.from({ length: n }, (_, i) => hash32(seed, CAPTION, sample + i));
      none ??= captions.empty();
      return { images, labels, ...await captions.read(indices, draws), none: await none };
    },
  };
}

/** 0 to n - 1 in an order that depends on `seed` alone. */
function permutation(n: number, seed: number): Uint32Array {
  const order = Uint32Array.from({ length: n }, (_, i) => i);
  for (let i = n - 1; i > 0; i--) {
    const j = Math.floor(mix32(seed + Math.imul(i, 0x9e3779b1)) / 2 ** 32 * (i + 1));
    [order[i], order[j]] = [order[j], order[i]];
  }
  return order;
}

/** Turns an image left to right, in place. */
function mirror(image: ImageArrays[ImageDtype], width: number): void {
  for (let row = 0; row < image.length; row += width) image.subarray(row, row + width).reverse();
}
