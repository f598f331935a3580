/** Tiles many small images into one of a comfortable size. */

const GAP = 2;
const GAP_BRIGHTNESS = 128;
const COMFORTABLE = 64;

/**
 * An image of many.
 * @category Images
 */
export class ImageGrid {
  /** Holds the pixels; nothing is copied. */
  constructor(
    /** `[height, width, channels]`, 0 to 255. */
    readonly pixels: Uint8Array<ArrayBuffer>,
    /** Pixels across. */
    readonly width: number,
    /** Pixels down. */
    readonly height: number,
    /** 3 colour, 1 grey. */
    readonly channels: 1 | 3,
  ) {}
}

/**
 * Tiles `images`, `[N, C, H, W]` bytes with C = 1 or 3, in rows on a grey ground with thin gaps.
 *
 * @param columns images per row; by default about as many as rows
 * @param scale pixels of the grid per pixel; by default such that an image has at least 64
 * @throws {RangeError} where `images` does not hold whole images, at least one
 * @category Images
 */
export function imageGrid(
  images: Uint8Array,
  { channels, image_size, columns, scale }: {
    channels: number;
    image_size: number;
    columns?: number;
    scale?: number;
  },
): ImageGrid {
  const plane = image_size * image_size;
  const n = images.length / (channels * plane);
  if ((channels !== 1 && channels !== 3) || !Number.isInteger(n) || n < 1) {
    throw new RangeError(
      `${images.length} bytes are no grid of images ${channels} x ${image_size} x ${image_size}`,
    );
  }
  const across = columns ?? Math.ceil(Math.sqrt(n));
  const zoom = scale ?? Math.ceil(COMFORTABLE / image_size);
  const cell = image_size * zoom + GAP;
  const width = across * cell + GAP;
  const height = Math.ceil(n / across) * cell + GAP;
  const pixels = new Uint8Array(width * height * channels).fill(GAP_BRIGHTNESS);
  for (let i = 0; i < n; i++) {
    const left = GAP + (i % across) * cell;
    const top = GAP + Math.floor(i / across) * cell;
    for (let y = 0; y < image_size * zoom; y++) {
      const row = Math.floor(y / zoom) * image_size;
      for (let x = 0; x < image_size * zoom; x++) {
        const pixel = row + Math.floor(x / zoom);
        for (let c = 0; c < channels; c++) {
          pixels[((top + y) * width + left + x) * channels + c] =
            images[(i * channels + c) * plane + pixel];
        }
      }
    }
  }
  return new ImageGrid(pixels, width, height, channels);
}
