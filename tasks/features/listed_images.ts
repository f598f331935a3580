import type { CaptionedImages } from "../../train/data/captions/captioned_images.ts";

/** An image that was read, or why it cannot be. */
export type ReadImage =
  | { readonly image: Uint8Array; readonly label: number }
  | { readonly problem: string };

/** The images that are encoded, in their order. */
export interface ListedImages {
  /** How many there are. */
  readonly length: number;
  /** Height and width, pixels. */
  readonly image_size: number;
  /** One name per label. */
  readonly class_names: readonly string[];
  /** The captions of each; null without. */
  readonly captions: CaptionedImages["captions"] | null;
  /** What they are, for the record and for the person. */
  readonly description: string;
  /** Lines for the person: what is left out. */
  readonly notes: readonly string[];
  /** SHA-256 of what determines them, hexadecimal. */
  readonly sha256: string;
  /** Reads images in the order given, as bytes `[channels, image_size, image_size]`. */
  read(images: readonly number[]): AsyncIterable<ReadImage>;
}
