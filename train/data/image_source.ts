/** The one interface behind every data set. */

/**
 * The arrays that hold the values of images, by the name of their type.
 * @category Data
 */
export interface ImageArrays {
  /** Bytes, 0 to 255. */
  u8: Uint8Array<ArrayBuffer>;
  /** Floats: the means of a latent's channels, then their log variances; twice as many as values. */
  moments: Float32Array<ArrayBuffer>;
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
  /** `[n, C, H, W]`; moments are `[n, 2 C, H, W]`. */
  readonly data: ImageArrays[D];
  /** `[n]`, indices into `class_names`. */
  readonly labels: Int32Array<ArrayBuffer>;
}

/**
 * What latents were encoded with.
 * @category Data
 */
export interface LatentOrigin {
  /** What a latent is multiplied by for the network; null where that is not known. */
  readonly scale_factor: number | null;
  /** SHA-256 of the autoencoder's weights, hexadecimal; null where that is not known. */
  readonly autoencoder: string | null;
}

/**
 * Texts that grids of samples may be drawn of, as a text encoder made them.
 * @category Data
 */
export interface EncodedPrompts {
  /** The texts. */
  readonly texts: readonly string[];
  /** `[n, tokens, width]` */
  readonly context: Float32Array<ArrayBuffer>;
}

/**
 * What a text encoder made of the captions of images.
 * @category Data
 */
export interface EncodedCaptions {
  /** What they are. */
  readonly kind: "contexts";
  /** `[tokens, width]` of a caption's context. */
  readonly shape: readonly [tokens: number, width: number];
  /** SHA-256 of the text encoder's weights, hexadecimal; null, or left out, where it is not known. */
  readonly encoder?: string | null;
  /** How many captions each image has. */
  readonly counts: ArrayLike<number>;
  /**
   * The context of one caption of each image, `[n, tokens, width]`.
   *
   * @param draws a number from 0 to 2^32 for each image, which chooses among its captions
   */
  read(
    images: ArrayLike<number>,
    draws: ArrayLike<number>,
  ): Promise<Float32Array<ArrayBuffer> | Float16Array<ArrayBuffer>>;
  /** The context of the empty caption, `[tokens, width]`. */
  empty(): Promise<Float32Array<ArrayBuffer> | Float16Array<ArrayBuffer>>;
  /** At most `n` texts to draw samples of. Absent, or null, where the data name none. */
  prompts?(n: number): Promise<EncodedPrompts | null>;
}

/**
 * The captions of images as they are written, for a network with a text encoder of its own.
 * @category Data
 */
export interface CaptionTexts {
  /** What they are. */
  readonly kind: "texts";
  /** How many captions each image has. */
  readonly counts: ArrayLike<number>;
  /** Tokens of the longest, as `byteTokens` counts them. */
  readonly longest: number;
  /** One caption of each image; `draws` as in {@linkcode EncodedCaptions.read}. */
  read(images: ArrayLike<number>, draws: ArrayLike<number>): Promise<readonly string[]>;
  /** What grids are drawn from while training; where absent, captions of the first images. */
  readonly prompts?: readonly string[];
}

/**
 * What images are captioned with: contexts, or texts.
 * @category Data
 */
export type CaptionSource = EncodedCaptions | CaptionTexts;

/**
 * What is known of captions before images are loaded.
 * @category Data
 */
export type CaptionsOutline =
  | Pick<EncodedCaptions, "kind" | "shape">
  | Pick<CaptionTexts, "kind">;

/**
 * Labelled images of one shape, numbered from 0, in memory or not; or latents, as the network takes
 * them in place of images.
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
  /** Of latents: what they were encoded with. */
  readonly latents?: LatentOrigin;
  /** Of images with captions: these, or what a text encoder made of them. */
  readonly captions?: CaptionSource;
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
  /** Closes what is open; reading opens it again. Absent where nothing is. */
  [Symbol.dispose]?(): void;
}

/** The numbers of the images from `first` on, `n` of them. */
export function consecutive(first: number, n: number): Uint32Array {
  return Uint32Array.from({ length: n }, (_, i) => first + i);
}
