/** Which images a training step sees: a pure function of the sample's global number. */

import { type Dataset, DatasetError } from "./dataset.ts";
import { hash32, mix32 } from "./hash32.ts";

/** Images `[n, C, H, W]` as bytes, and their labels `[n]`. */
export interface Batch {
  images: Uint8Array<ArrayBuffer>;
  labels: Int32Array<ArrayBuffer>;
}

/** An endless, seeded walk over a data set. */
export interface Batches {
  /**
   * The samples numbered `sample` to `sample + n - 1` since the beginning of training. Every N of them
   * are one epoch: each image once, in an order of that epoch's own.
   */
  at(sample: number, n: number): Promise<Batch>;
}

const ORDER = 1;
const FLIP = 2;

/**
 * Walks over `dataset` in an order given by `seed`; `random_flip` mirrors every second sample or so.
 * There is no position to save: a resumed run that asks for the same numbers gets the same bytes.
 *
 * @throws {DatasetError} when the data set has no images.
 */
export function batches(
  dataset: Dataset,
  { seed, random_flip }: { seed: number; random_flip: boolean },
): Batches {
  const { images, labels, length, channels, image_size } = dataset;
  if (length < 1) throw new DatasetError(`${dataset.name} has no images to train on`);
  const size = channels * image_size * image_size;
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
    at(sample: number, n: number): Promise<Batch> {
      const batch = { images: new Uint8Array(n * size), labels: new Int32Array(n) };
      for (let i = 0; i < n; i++) {
        const k = sample + i;
        const image = orderOf(Math.floor(k / length))[k % length];
        batch.labels[i] = labels[image];
        const from = images.subarray(image * size, (image + 1) * size);
        if (random_flip && hash32(seed, FLIP, k) & 1) {
          mirror(from, batch.images.subarray(i * size, (i + 1) * size), image_size);
        } else {
          batch.images.set(from, i * size);
        }
      }
      return Promise.resolve(batch);
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

function mirror(from: Uint8Array, to: Uint8Array, width: number): void {
  for (let row = 0; row < from.length; row += width) {
    for (let x = 0; x < width; x++) to[row + x] = from[row + width - 1 - x];
  }
}
