/** Generated images of one coloured shape each, on which a small network visibly learns. */

import { counted } from "../../engine/counted.ts";
import { type Dataset, DatasetError } from "./dataset.ts";
import { greyPlane } from "./grey.ts";
import { hash32 } from "./hash32.ts";
import { type InMemorySource, inMemorySource } from "./in_memory_source.ts";

/** Colours by name, RGB from 0 to 255. */
const COLOURS: Record<string, [number, number, number]> = {
  red: [235, 45, 45],
  green: [45, 205, 70],
  blue: [60, 95, 250],
  yellow: [245, 215, 45],
};
const BACKGROUND = [24, 24, 30];

/** Lengths are fractions of the image's side: 1 / 16 is one pixel at 16 x 16. */
const CENTRE_JITTER = 1 / 16;
const SIZE_JITTER = 0.08;
const DISC_RADIUS = 0.33;
const SQUARE_HALF_SIDE = 0.29;
const TRIANGLE_RADIUS = 0.42;
const CROSS_HALF_LENGTH = 0.36;
const CROSS_HALF_WIDTH = 0.115;

/** Sub-samples per pixel and axis. */
const SUPERSAMPLING = 4;
const SMALLEST = 8;

/** Whether a point, relative to the shape's centre and its jittered size, lies inside; y points down. */
const SHAPES: Record<string, (x: number, y: number) => boolean> = {
  circle: (x, y) => x * x + y * y < DISC_RADIUS ** 2,
  square: (x, y) => Math.max(Math.abs(x), Math.abs(y)) < SQUARE_HALF_SIDE,
  triangle: insideTriangle,
  cross: (x, y) => {
    const short = Math.min(Math.abs(x), Math.abs(y));
    const long = Math.max(Math.abs(x), Math.abs(y));
    return short < CROSS_HALF_WIDTH && long < CROSS_HALF_LENGTH;
  },
};

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
  if (!(image_size >= SMALLEST)) {
    throw new DatasetError(
      `shapes of ${
        counted(image_size, "pixel")
      } cannot be told apart: use dataset.image_size of at least ${SMALLEST}`,
    );
  }
  if (!(n >= 1)) {
    throw new DatasetError(`${n} images of shapes are none: use dataset.n from 1 up`);
  }
  const pixels = image_size * image_size;
  const images = new Uint8Array(n * channels * pixels);
  const planes = new Uint8Array(3 * pixels);
  const labels = new Int32Array(n);
  for (let i = 0; i < n; i++) {
    const { inside, rgb } = CLASSES[labels[i] = i % CLASSES.length];
    const jitter = (dimension: number) => hash32(seed, i, dimension) / 2 ** 31 - 1;
    const x = 0.5 + CENTRE_JITTER * jitter(0);
    const y = 0.5 + CENTRE_JITTER * jitter(1);
    const coverage = cover(inside, x, y, 1 + SIZE_JITTER * jitter(2), image_size);
    for (let c = 0; c < 3; c++) {
      for (let p = 0; p < pixels; p++) {
        const level = BACKGROUND[c] + (rgb[c] - BACKGROUND[c]) * coverage[p];
        planes[c * pixels + p] = Math.round(level);
      }
    }
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

/** The fraction of each pixel that the shape covers, `[H, W]`, 0 to 1. */
function cover(
  inside: (x: number, y: number) => boolean,
  centreX: number,
  centreY: number,
  size: number,
  image_size: number,
): Float32Array {
  const coverage = new Float32Array(image_size * image_size);
  const fine = image_size * SUPERSAMPLING;
  for (let row = 0; row < fine; row++) {
    const y = ((row + 0.5) / fine - centreY) / size;
    const line = Math.floor(row / SUPERSAMPLING) * image_size;
    for (let column = 0; column < fine; column++) {
      const x = ((column + 0.5) / fine - centreX) / size;
      if (inside(x, y)) coverage[line + Math.floor(column / SUPERSAMPLING)] += SUPERSAMPLING ** -2;
    }
  }
  return coverage;
}

/** An equilateral triangle on its base; its bounding box, not its centroid, is centred. */
function insideTriangle(x: number, y: number): boolean {
  const fromApex = y + 0.75 * TRIANGLE_RADIUS;
  return fromApex < 1.5 * TRIANGLE_RADIUS && Math.abs(x) * Math.sqrt(3) < fromApex;
}
