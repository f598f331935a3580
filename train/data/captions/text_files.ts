import { DatasetError } from "../dataset.ts";

/**
 * The captions in the text file beside an image, `dog.txt` for `dog.jpg`, one a line; none where there
 * is no such file.
 *
 * @throws {DatasetError} where it cannot be read
 */
export async function captionsBeside(image: string): Promise<string[]> {
  const file = image.replace(/\.[^./\\]+$/, ".txt");
  try {
    const text = await Deno.readTextFile(file);
    return text.split("\n").map((line) => line.trim()).filter((line) => line !== "");
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return [];
    throw new DatasetError(`${file} cannot be read: ${(error as Error).message}`);
  }
}
