/** Generated images of one coloured shape each, on which a small network visibly learns. */

import type { Dataset } from "./dataset.ts";
import { greyPlane } from "./grey.ts";
import { hash32 } from "./hash32.ts";
import { type InMemorySource, inMemorySource } from "./in_memory_source.ts";
import { clear, COLOURS, cover, mustShow, paint, SHAPES } from "./shape_drawing.ts";

/** Lengths are fractions of the image's side: 1 / 16 is one pixel at 16 x 16. */
const CENTRE_JITTER = 1 / 16;
const SIZE_JITTER = 0.08;
const SMALLEST = 8;

/** Shape by colour. */
const CLASSES = Object.entries(SHAPES).flatMap(([shape, inside]) =>
  Object.entries(COLOURS).map(([colour, rgb]) => ({ name: `${colour} ${shape}`, inside, rgb }))
);

/** Shapes in the table of data sets. */
export const shapesDataset: Dataset = {
  splits: ["train"],
  path: "none",
  open: (request) => Promise.resolve(shapes(request)),
  // Classes alternate.
  outline: ({ n, image_size, channels }) =>
    Promise.resolve({
      shape: [channels, image_size, image_size],
      class_names: CLASSES.map(({ name }) => name),
      class_counts: CLASSES.map((_, i) => Math.max(0, Math.ceil((n - i) / CLASSES.length))),
    }),
};

/**
 * Draws `n` images of `image_size` squared pixels, in colour or in grey, image i depending on
 * `(seed, i)` alone.
 * Classes are colour and shape ("red circle"); they alternate, so they are balanced.
 *
 * @throws {DatasetError} where `image_size` is too small to distinguish the shapes, or `n` below 1
 * @category Data
 */
export function shapes(
  { image_size, n, seed, channels = 3 }: {
    image_size: number;
    n: number;
    seed: number;
    channels?: 1 | 3;
  },
): InMemorySource {
  mustShow({ image_size, n }, SMALLEST);
  const pixels = image_size * image_size;
  const images = new Uint8Array(n * channels * pixels);
  const planes = new Uint8Array(3 * pixels);
  const labels = new Int32Array(n);
  for (let i = 0; i < n; i++) {
    const { inside, rgb } = CLASSES[labels[i] = i % CLASSES.length];
    const jitter = (dimension: number) => hash32(seed, i, dimension) / 2 ** 31 - 1;
    const x = 0.5 + CENTRE_JITTER * jitter(0);
    const y = 0.5 + CENTRE_JITTER * jitter(1);
    clear(planes);
    paint(planes, cover(inside, { x, y, size: 1 + SIZE_JITTER * jitter(2) }, image_size), rgb);
    images.set(channels === 1 ? greyPlane(planes) : planes, i * channels * pixels);
  }
  return inMemorySource({
    name: channels === 1 ? "shapes in grey" : "coloured shapes",
    shape: [channels, image_size, image_size],
    class_names: CLASSES.map(({ name }) => name),
    images,
    labels,
  });
}
