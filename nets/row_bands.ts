import { add, type FloatType, pad, type Shape, ShapeError, type Tensor } from "../engine/mod.ts";

/**
 * Images `[batch, channels, rows, width]` whose rows together are those of larger images, from the
 * top down; a single one is the whole. Convolutions and norms of bands are exact: a band reads the
 * rows that it needs of its neighbours, and statistics are taken over all.
 * @category Networks
 */
export type RowBands = readonly Tensor[];

/** Rows that a band may read of its neighbours, above and below together. */
const HALO = 4;

/**
 * Where the bands of images begin, and the height last: one band where the images fit, or twice as
 * many until each fits with what it reads of its neighbours.
 *
 * @param shape of the images, with the most channels that they ever have
 * @throws {ShapeError} where bands of a single row do not fit
 * @category Networks
 */
export function bandEdges(
  [batch, channels, height, width]: Shape,
  dtype: FloatType,
  maxBytes: number,
): number[] {
  const rowBytes = batch * channels * width * elementBytes(dtype);
  let count = 1;
  while (rowBytes * (Math.ceil(height / count) + (count > 1 ? HALO : 0)) > maxBytes) {
    count *= 2;
    if (count > height) {
      throw new ShapeError(
        `images of ${height} x ${width} with ${channels} channels do not fit ${maxBytes} bytes, ` +
          "row by row: use smaller images or a smaller batch",
      );
    }
  }
  return Array.from({ length: count + 1 }, (_, i) => Math.floor(i * height / count));
}

/** Bytes of an element. */
export function elementBytes(dtype: FloatType): number {
  return dtype === "f16" ? 2 : 4;
}

/** The number of rows of all bands together. */
export function heightOf(bands: RowBands): number {
  return bands.reduce((sum, { shape }) => sum + shape[2], 0);
}

/** Where bands begin, and their height last. */
export function edgesOf(bands: RowBands): number[] {
  const edges = [0];
  for (const { shape } of bands) edges.push(edges[edges.length - 1] + shape[2]);
  return edges;
}

/** Rows `first` to `last` (excluded), of as many bands as they lie in. */
export function rowsOf(bands: RowBands, first: number, last: number): Tensor {
  const edges = edgesOf(bands);
  const windows = bands.flatMap((band, i) => {
    const [top, bottom] = [edges[i], edges[i + 1]];
    if (bottom <= first || top >= last) return [];
    // Negative numbers of zeros cut rows off.
    return top === first && bottom === last ? [band] : [pad(band, 2, top - first, last - bottom)];
  });
  return windows.reduce((sum, t) => add(sum, t));
}

/** The same rows in bands that begin at `edges`, the height last. */
export function regroupBands(bands: RowBands, edges: readonly number[]): RowBands {
  return edges.slice(1).map((last, i) => rowsOf(bands, edges[i], last));
}

/** The bands as one tensor. */
export function joinBands(bands: RowBands): Tensor {
  return rowsOf(bands, 0, heightOf(bands));
}
