/**
 * A decoded image.
 * @category Files
 */
export interface RgbImage {
  /** Pixels per row. */
  width: number;
  /** Rows. */
  height: number;
  /** `[height, width, 3]`, 0 to 255. */
  rgb: Uint8Array;
}

/**
 * A decoded image and how it has to be turned to stand upright.
 * @category Files
 */
export interface DecodedImage extends RgbImage {
  /** EXIF's orientation: 1 as it is, or where the file says nothing; 2 to 8 see `upright`. */
  orientation: number;
}

/** A whole image that is not decoded; the message says why, after "cannot be decoded: ". */
export class UnsupportedImage extends Error {}

/** The most pixels that are decoded. */
export const MAX_PIXELS = 100_000_000;

/** Refuses a declared size before anything is allocated for it. @throws {UnsupportedImage} */
export function checkSize(width: number, height: number): void {
  if (width < 1 || height < 1) throw new UnsupportedImage(`its size is ${width} x ${height}`);
  if (width * height > MAX_PIXELS) {
    throw new UnsupportedImage(
      `${width} x ${height} is more than ${MAX_PIXELS / 1e6} megapixels`,
    );
  }
}
