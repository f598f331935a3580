import { createHash } from "node:crypto";
import { basename, relative, resolve } from "node:path";
import { counted } from "../../engine/counted.ts";
import { UsageError } from "../../train/config/usage_error.ts";
import {
  captionedFolder,
  type CaptionedImages,
} from "../../train/data/captions/captioned_images.ts";
import { cocoCaptions } from "../../train/data/captions/coco_annotations.ts";
import { decodeImages } from "../../train/data/decode_images.ts";
import { classFolders } from "../../train/data/folder/class_folders.ts";
import type { FeaturesFlags } from "./features_flags.ts";
import type { ListedImages, ReadImage } from "./listed_images.ts";

/** What of the flags says which images of a folder are encoded, and how they are decoded. */
export interface FolderRequest
  extends Pick<FeaturesFlags, "coco" | "captions" | "text_encoder" | "crop"> {
  /** The folder. */
  readonly images: string;
  readonly image_size: number;
  readonly channels: 1 | 3;
}

/**
 * Lists the images of a folder with their captions or, where there are none, their classes.
 *
 * @throws {DatasetError} where they cannot be listed, or have another layout
 * @throws {UsageError} where there are captions and no text encoder, or the other way round
 */
export async function folderImages(
  { images, coco, captions, text_encoder, crop: given, image_size, channels }: FolderRequest,
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
  const { paths, labels } = list;
  const crop = given ?? (captioned ? "lanczos" : "adm");
  const options = {
    ...{ image_size, channels, is_upright: true },
    ...crop === "lanczos" ? { crop } as const : {},
  };
  return {
    ...list,
    length: paths.length,
    image_size,
    description: `${counted(paths.length, "image")} in ${nameOf(images)}, ` +
      `${image_size} x ${image_size} (${crop})`,
    sha256: digestOf(images, list),
    async *read(chosen): AsyncGenerator<ReadImage> {
      let at = 0;
      for await (const file of decodeImages(chosen.map((image) => paths[image]), options)) {
        yield { ...file, label: labels[chosen[at++]] };
      }
    },
  };
}

function nameOf(folder: string): string {
  return basename(resolve(folder));
}

function digestOf(
  folder: string,
  { paths, labels, captions }: {
    readonly paths: readonly string[];
    readonly labels: ArrayLike<number>;
    readonly captions: CaptionedImages["captions"] | null;
  },
): string {
  const hash = createHash("sha256");
  for (const [i, path] of paths.entries()) {
    hash.update(JSON.stringify([relative(folder, path), labels[i], captions?.[i] ?? []]));
  }
  return hash.digest("hex");
}
