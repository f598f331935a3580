/** What every data set shares: how it is opened, what it reports, how it fails. */

import { UserError } from "../../engine/user_error.ts";
import type { CaptionsOutline, ImageSource, LatentOrigin } from "./image_source.ts";

/**
 * A data set of the table: how its images are opened.
 * @category Data
 */
export interface Dataset {
  /** Names of its parts. */
  readonly splits: readonly string[];
  /** Whether it is in a file or folder that must be named, may be, or has none. */
  readonly path: "needed" | "optional" | "none";
  /**
   * Opens one split.
   *
   * @throws {DatasetError} where it cannot be read
   */
  open(request: DatasetRequest): Promise<ImageSource>;
  /**
   * What its training split holds, brought to the size and channels of the request, without loading it.
   *
   * @throws {DatasetError} where that cannot be told
   */
  outline(request: OutlineRequest): Promise<DatasetOutline>;
}

/**
 * What is known of a data set before its images are loaded.
 * @category Data
 */
export interface DatasetOutline {
  /** `[C, H, W]` of each image. */
  readonly shape: readonly [channels: number, height: number, width: number];
  /** One name per label. */
  readonly class_names: readonly string[];
  /** Images of each class, by label. */
  readonly class_counts: readonly number[];
  /** Of latents: what they were encoded with. */
  readonly latents?: LatentOrigin;
  /** Of images with captions: what these are. */
  readonly captions?: CaptionsOutline;
}

/**
 * Which images of a data set are opened.
 * @category Data
 */
export interface DatasetRequest {
  /** One of the data set's splits. */
  readonly split: string;
  /** Where the files are; null: the data set's own place. */
  readonly path: string | null;
  /** Height and width that images are brought to, pixels. */
  readonly image_size: number;
  /** Channels that images are brought to: 1 grey, 3 colour. */
  readonly channels: 1 | 3;
  /** The colour that transparent pixels are put over; null drops their transparency. */
  readonly background: string | null;
  /** How many images are generated, where they are. */
  readonly n: number;
  /** Seed of images that are generated. */
  readonly seed: number;
  /** Whether images of a folder are taken with their captions, those that have any. */
  readonly captions?: boolean;
  /** Whether files of a folder that cannot be decoded are left out; without it they are an error. */
  readonly skip_broken?: boolean;
  /** Where decoded images are kept for the next start; null, the default: nowhere. */
  readonly cache_folder?: string | null;
  /** Called as files are downloaded and decoded. */
  readonly onProgress?: (progress: DatasetProgress) => void;
  /** Called with lines for the person: what is left out, say. */
  readonly onNote?: (message: string) => void;
}

/**
 * Which images of a data set are outlined.
 * @category Data
 */
export type OutlineRequest = Pick<
  DatasetRequest,
  "path" | "image_size" | "channels" | "n" | "captions" | "onProgress"
>;

/**
 * How far a data set's preparation has come.
 * @category Data
 */
export interface DatasetProgress {
  /** What is being done. */
  what: "download" | "decode" | "read";
  /** Bytes downloaded, or images decoded or read. */
  done: number;
  /** All of them; NaN where the server does not say. */
  total: number;
}

/**
 * A data set cannot be had; the message says why, and what to do about it.
 * @category Data
 */
export class DatasetError extends UserError {
  /** Its name in messages. */
  override name = "DatasetError";
}
