import { DatasetError } from "../dataset.ts";

/** The context of the empty caption, beside the folders of the parts. */
export const EMPTY_CONTEXT_FILE = "empty_context.npy";

/** Beside them, `I.npy` for text I that samples are drawn of. */
export const PROMPTS_FOLDER = "run_vis";

/** The files of a folder as U-ViT writes features: `I.npy` for image I, `I_K.npy` for its caption K. */
export interface ReferenceListing {
  /** How many images there are. */
  readonly images: number;
  /** How many captions each has; null where none has one. */
  readonly captions: Int32Array | null;
}

/**
 * Lists such a folder; null where it has no `0.npy`. Other files are left alone.
 *
 * @throws {DatasetError} where a number is missing
 */
export async function listReference(folder: string): Promise<ReferenceListing | null> {
  let images = 0;
  let last = -1;
  let last_captioned = -1;
  const counts: number[] = [];
  const highest: number[] = [];
  for await (const { name } of Deno.readDir(folder)) {
    const [, image, caption] = /^(\d+)(?:_(\d+))?\.npy$/.exec(name) ?? [];
    if (image === undefined) continue;
    const i = Number(image);
    if (caption === undefined) {
      images++;
      last = Math.max(last, i);
      continue;
    }
    last_captioned = Math.max(last_captioned, i);
    counts[i] = (counts[i] ?? 0) + 1;
    highest[i] = Math.max(highest[i] ?? 0, Number(caption));
  }
  if (images === 0) return null;
  const n = last + 1;
  if (images !== n) {
    throw new DatasetError(
      `${folder} has features of ${images} images, numbered up to ${last}: ${n - images} are ` +
        "missing; copy it again",
    );
  }
  if (last_captioned < 0) return { images, captions: null };
  const captions = Int32Array.from({ length: n }, (_, i) => counts[i] ?? 0);
  const wanting = captions.findIndex((count, i) => count === 0 || highest[i] !== count - 1);
  if (wanting >= 0 || last_captioned > last) {
    const i = wanting >= 0 ? wanting : last_captioned;
    throw new DatasetError(
      `${folder}: the captions of image ${i} are not there, or not all; copy it again`,
    );
  }
  return { images, captions };
}
