import { type ImageGrid, imageGrid } from "./image_grid.ts";

/**
 * Images that a network drew.
 * @category Samplers
 */
export class Samples {
  /** `[n, C, H, W]`, 0 to 255. */
  readonly images: Uint8Array<ArrayBuffer>;
  /** `[n]`; null for an unconditional network. */
  readonly labels: Int32Array<ArrayBuffer> | null;
  /** How many images. */
  readonly n: number;
  /** C: 3 colour, 1 grey. */
  readonly channels: number;
  /** H and W, pixels. */
  readonly image_size: number;

  /** Holds the arrays; nothing is copied. */
  constructor(
    { images, labels, n, channels, image_size }: Pick<
      Samples,
      "images" | "labels" | "n" | "channels" | "image_size"
    >,
  ) {
    this.images = images;
    this.labels = labels;
    this.n = n;
    this.channels = channels;
    this.image_size = image_size;
  }

  /** Tiles them into one image; the options are {@linkcode imageGrid}'s. */
  grid(options: { columns?: number; scale?: number } = {}): ImageGrid {
    return imageGrid(this.images, { ...this, ...options });
  }
}
