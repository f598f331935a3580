import { join } from "node:path";
import { z } from "zod";
import { counted } from "../../../engine/counted.ts";
import { DatasetError } from "../dataset.ts";
import type { CaptionedImages } from "./captioned_images.ts";

const schema = z.object({
  images: z.array(z.object({ id: z.number(), file_name: z.string().min(1) })).min(1),
  annotations: z.array(z.object({ image_id: z.number(), id: z.number(), caption: z.string() })),
});

/**
 * The images and captions of MS-COCO's annotations (`captions_train2014.json`), images in the order of
 * their ids, captions of each in that of theirs. Images without captions are left out.
 *
 * @param folder of the images
 * @throws {DatasetError} where the file is something else, or names no image that is there
 */
export async function cocoCaptions(file: string, folder: string): Promise<CaptionedImages> {
  const { images, annotations } = await read(file);
  const texts = Map.groupBy(
    annotations.toSorted((a, b) => a.id - b.id),
    ({ image_id }) => image_id,
  );
  const captioned = images.toSorted((a, b) => a.id - b.id).filter(({ id }) => texts.has(id));
  if (captioned.length === 0) throw new DatasetError(`${file}: no image has a caption`);
  const paths = captioned.map(({ file_name }) => join(folder, file_name));
  const absent = paths.find((path) => !isFile(path));
  if (absent !== undefined) {
    throw new DatasetError(`${absent} is missing, which ${file} names: is it another folder's?`);
  }
  const without = images.length - captioned.length;
  return {
    paths,
    captions: captioned.map(({ id }) => texts.get(id)!.map(({ caption }) => caption.trim())),
    notes: without > 0 ? [`left out, as they have no caption: ${counted(without, "image")}`] : [],
  };
}

async function read(file: string): Promise<z.infer<typeof schema>> {
  let text: string;
  try {
    text = await Deno.readTextFile(file);
  } catch (error) {
    throw new DatasetError(`${file} cannot be read: ${(error as Error).message}`);
  }
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    throw new DatasetError(`${file} is no JSON`);
  }
  const parsed = schema.safeParse(value);
  if (parsed.success) return parsed.data;
  const [{ path, message }] = parsed.error.issues;
  throw new DatasetError(
    `${file} has no captions as MS-COCO's annotations do: ${path.join(".")}: ${message}`,
  );
}

function isFile(path: string): boolean {
  try {
    return Deno.statSync(path).isFile;
  } catch {
    return false;
  }
}
