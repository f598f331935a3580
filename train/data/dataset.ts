/** What every data set is once it is in memory. */

/** Images with labels, decoded once and kept as bytes. */
export interface Dataset {
  /** What it is, in a person's words. */
  name: string;
  channels: number;
  /** Height and width in pixels. */
  image_size: number;
  /** One name per label. */
  class_names: string[];
  /** `[N, C, H, W]`, 0 to 255. */
  images: Uint8Array;
  /** `[N]`, indices into `class_names`. */
  labels: Int32Array;
  /** N, the number of images. */
  length: number;
}

/** How far a data set's preparation has come. */
export interface DatasetProgress {
  what: "download" | "decode";
  /** Bytes of a download, images of a decode. */
  done: number;
  /** NaN when the other side does not say. */
  total: number;
}

/** Says why a data set cannot be had, and what to do about it. */
export class DatasetError extends Error {
  override name = "DatasetError";
}
