/** Coloured shapes with smooth edges, on a dark ground. */

import { counted } from "../../engine/counted.ts";
import { DatasetError } from "./dataset.ts";

/** A colour: red, green and blue from 0 to 255. */
export type Rgb = readonly [red: number, green: number, blue: number];

/** Colours by name. */
export const COLOURS: Readonly<Record<string, Rgb>> = {
  red: [235, 45, 45],
  green: [45, 205, 70],
  blue: [60, 95, 250],
  yellow: [245, 215, 45],
};

/** What is behind shapes. */
export const BACKGROUND: Rgb = [24, 24, 30];

/** Lengths are fractions of the image's side: 1 / 16 is one pixel at 16 x 16. */
const DISC_RADIUS = 0.33;
const SQUARE_HALF_SIDE = 0.29;
const TRIANGLE_RADIUS = 0.42;
const CROSS_HALF_LENGTH = 0.36;
const CROSS_HALF_WIDTH = 0.115;
/** No point of a shape is further from its centre, along an axis. */
const REACH = 0.37;

/** Sub-samples per pixel and axis. */
const SUPERSAMPLING = 4;

/** Whether a point, relative to the shape's centre and its size, lies inside; y points down. */
export type Inside = (x: number, y: number) => boolean;

/** Shapes by name. */
export const SHAPES = {
  circle: (x, y) => x * x + y * y < DISC_RADIUS ** 2,
  square: (x, y) => Math.max(Math.abs(x), Math.abs(y)) < SQUARE_HALF_SIDE,
  triangle: insideTriangle,
  cross: (x, y) => {
    const short = Math.min(Math.abs(x), Math.abs(y));
    const long = Math.max(Math.abs(x), Math.abs(y));
    return short < CROSS_HALF_WIDTH && long < CROSS_HALF_LENGTH;
  },
} as const satisfies Record<string, Inside>;

/** @throws {DatasetError} where images are too small to distinguish shapes, or there are none */
export function mustShow(
  { image_size, n }: { readonly image_size: number; readonly n: number },
  smallest: number,
): void {
  if (!(image_size >= smallest)) {
    throw new DatasetError(
      `shapes of ${
        counted(image_size, "pixel")
      } cannot be told apart: use dataset.image_size of at least ${smallest}`,
    );
  }
  if (!(n >= 1)) {
    throw new DatasetError(`${n} images of shapes are none: use dataset.n from 1 up`);
  }
}

/** Where a shape is, in fractions of the image's side. */
export interface Placement {
  /** Its centre. */
  readonly x: number;
  readonly y: number;
  /** 1: two thirds of the image, about. */
  readonly size: number;
}

/** The fraction of each pixel that a shape covers, `[H, W]`, 0 to 1. */
export function cover(
  inside: Inside,
  { x: centreX, y: centreY, size }: Placement,
  image_size: number,
): Float32Array {
  const coverage = new Float32Array(image_size * image_size);
  const fine = image_size * SUPERSAMPLING;
  const near = (centre: number) => [
    Math.max(0, Math.floor((centre - REACH * size) * fine)),
    Math.min(fine, Math.ceil((centre + REACH * size) * fine)),
  ];
  const [left, right] = near(centreX);
  const [top, bottom] = near(centreY);
  for (let row = top; row < bottom; row++) {
    const y = ((row + 0.5) / fine - centreY) / size;
    const line = Math.floor(row / SUPERSAMPLING) * image_size;
    for (let column = left; column < right; column++) {
      const x = ((column + 0.5) / fine - centreX) / size;
      if (inside(x, y)) coverage[line + Math.floor(column / SUPERSAMPLING)] += SUPERSAMPLING ** -2;
    }
  }
  return coverage;
}

/** Puts a shape over what is in the planes `[3, H, W]`. */
export function paint(planes: Uint8Array, coverage: Float32Array, rgb: Rgb): void {
  rgb.forEach((level, c) => {
    const plane = planes.subarray(c * coverage.length, (c + 1) * coverage.length);
    coverage.forEach((part, p) => plane[p] = Math.round(plane[p] + (level - plane[p]) * part));
  });
}

/** Makes the planes `[3, H, W]` the ground that shapes are painted on. */
export function clear(planes: Uint8Array): void {
  const pixels = planes.length / 3;
  BACKGROUND.forEach((level, c) => planes.fill(level, c * pixels, (c + 1) * pixels));
}

/** An equilateral triangle on its base; its bounding box, not its centroid, is centred. */
function insideTriangle(x: number, y: number): boolean {
  const fromApex = y + 0.75 * TRIANGLE_RADIUS;
  return fromApex < 1.5 * TRIANGLE_RADIUS && Math.abs(x) * Math.sqrt(3) < fromApex;
}
