import { join } from "node:path";
import { DatasetError } from "../dataset.ts";
import { listImages } from "../folder/list_images.ts";
import { counted } from "../../../engine/counted.ts";
import { readMetadata } from "./metadata_jsonl.ts";
import { captionsBeside } from "./text_files.ts";

/** Images and what is said of each. */
export interface CaptionedImages {
  /** Paths of the images. */
  readonly paths: readonly string[];
  /** The captions of each, one at least. */
  readonly captions: readonly (readonly string[])[];
  /** Lines that say what is left out. */
  readonly notes: readonly string[];
}

/** The file of Hugging Face's image folders that holds captions. */
export const METADATA_FILE = "metadata.jsonl";

/**
 * The images of a folder, at any depth, with captions in its `metadata.jsonl`, or in a text file beside
 * each image (`dog.txt` for `dog.jpg`), a caption a line. Images without captions are left out.
 *
 * @returns null where it has captions of neither kind
 * @throws {DatasetError} where the folder cannot be listed, or its captions are damaged
 */
export async function captionedFolder(folder: string): Promise<CaptionedImages | null> {
  const { images, sub_folders } = await listImages(folder);
  const paths = [...images, ...sub_folders.flatMap((sub) => sub.images)];
  const metadata = await readMetadata(join(folder, METADATA_FILE), folder);
  const of = metadata
    ? (path: string) => Promise.resolve(metadata.get(path) ?? [])
    : captionsBeside;
  const all = await Array.fromAsync(paths, async (path) => ({ path, captions: await of(path) }));
  const captioned = all.filter(({ captions }) => captions.length > 0);
  if (captioned.length === 0 && !metadata) return null;
  const known = new Set(paths);
  const missing = [...metadata?.keys() ?? []].find((path) => !known.has(path));
  if (missing !== undefined) {
    throw new DatasetError(
      `${join(folder, METADATA_FILE)} names ${missing}, which is no image there`,
    );
  }
  if (captioned.length === 0) throw new DatasetError(`${folder}: no image has a caption`);
  const without = paths.length - captioned.length;
  return {
    paths: captioned.map(({ path }) => path),
    captions: captioned.map(({ captions }) => captions),
    notes: without > 0 ? [`left out, as they have no caption: ${counted(without, "image")}`] : [],
  };
}
