import { createHash } from "node:crypto";
import { basename, relative, resolve } from "node:path";
import { UsageError } from "../../train/config/usage_error.ts";
import {
  captionedFolder,
  type CaptionedImages,
} from "../../train/data/captions/captioned_images.ts";
import { cocoCaptions } from "../../train/data/captions/coco_annotations.ts";
import { classFolders } from "../../train/data/folder/class_folders.ts";
import type { FeaturesFlags } from "./features_flags.ts";

/** The images that are encoded, in their order. */
export interface ListedImages {
  /** Their paths. */
  readonly paths: readonly string[];
  /** Their classes. */
  readonly labels: ArrayLike<number>;
  /** One name per label. */
  readonly class_names: readonly string[];
  /** The captions of each; null without. */
  readonly captions: readonly (readonly string[])[] | null;
  /** Lines for the person: what is left out. */
  readonly notes: readonly string[];
  /** SHA-256 of all that, but for where the folder is, hexadecimal. */
  readonly sha256: string;
}

/** What of the flags says which images are listed. */
export type ListFlags =
  & { readonly images: string }
  & Pick<FeaturesFlags, "coco" | "captions" | "text_encoder">;

/**
 * Lists images with their captions or, where there are none, their classes.
 *
 * @throws {DatasetError} where they cannot be listed, or have another layout
 * @throws {UsageError} where there are captions and no text encoder, or the other way round
 */
export async function listedImages(
  { images, coco, captions, text_encoder }: ListFlags,
): Promise<ListedImages> {
  const captioned = coco !== null
    ? await cocoCaptions(coco, images)
    : captions === "auto"
    ? await captionedFolder(images)
    : null;
  if (captioned && text_encoder === null) {
    throw new UsageError(
      `--text_encoder: ${coco ?? images} has captions; name what encodes them, or leave them out ` +
        "with --captions=none",
    );
  }
  if (!captioned && text_encoder !== null) {
    throw new UsageError(
      `--text_encoder: ${images} has no captions, neither metadata.jsonl nor text files beside ` +
        "images; leave it out",
    );
  }
  const list = captioned
    ? { ...captioned, labels: captioned.paths.map(() => 0), class_names: [nameOf(images)] }
    : { ...await classFolders(images), captions: null };
  return { ...list, sha256: digestOf(images, list) };
}

function nameOf(folder: string): string {
  return basename(resolve(folder));
}

function digestOf(
  folder: string,
  { paths, labels, captions }: Pick<ListedImages, "paths" | "labels"> & {
    readonly captions: CaptionedImages["captions"] | null;
  },
): string {
  const hash = createHash("sha256");
  for (const [i, path] of paths.entries()) {
    hash.update(JSON.stringify([relative(folder, path), labels[i], captions?.[i] ?? []]));
  }
  return hash.digest("hex");
}
