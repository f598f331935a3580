/** The one interface behind every data set. */

/**
 * The arrays that hold the values of images, by the name of their type.
 * @category Data
 */
export interface ImageArrays {
  /** Bytes, 0 to 255. */
  u8: Uint8Array<ArrayBuffer>;
  /** Floats, such as latents. */
  f32: Float32Array<ArrayBuffer>;
}

/**
 * The type of an image's values.
 * @category Data
 */
export type ImageDtype = keyof ImageArrays;

/**
 * Some images of a source and their labels.
 * @category Data
 */
export interface LabelledImages<D extends ImageDtype = ImageDtype> {
  /** `[n, C, H, W]` */
  readonly data: ImageArrays[D];
  /** `[n]`, indices into `class_names`. */
  readonly labels: Int32Array<ArrayBuffer>;
}

/**
 * Labelled images of one shape, numbered from 0, in memory or not.
 * @category Data
 */
export interface ImageSource<D extends ImageDtype = ImageDtype> {
  /** What the images are, for messages. */
  readonly name: string;
  /** How many images there are. */
  readonly length: number;
  /** `[C, H, W]` of each image. */
  readonly shape: readonly [channels: number, height: number, width: number];
  /** The type of the values. */
  readonly dtype: D;
  /** One name per label. */
  readonly class_names: readonly string[];
  /** Images of each class, by label. */
  readonly class_counts: readonly number[];
  /** `blockDigest` of the images of each class in their order, by label, hexadecimal; computed once. */
  class_digests(): Promise<readonly string[]>;
  /** The same of these and all labels: any change of images, labels or order changes it. */
  digest(): Promise<string>;
  /**
   * Copies of the images with these numbers, in this order; the caller may change them.
   *
   * @throws {RangeError} for a number that no image has
   */
  read(indices: ArrayLike<number>): Promise<LabelledImages<D>>;
}

/** The numbers of the images from `first` on, `n` of them. */
export function consecutive(first: number, n: number): Uint32Array {
  return Uint32Array.from({ length: n }, (_, i) => first + i);
}
