import { join } from "node:path";
import { TextEncoderError } from "./text_encoder_error.ts";

/** What a path names; null where nothing is. @throws {TextEncoderError} where that cannot be told */
export async function statOf(path: string): Promise<Deno.FileInfo | null> {
  try {
    return await Deno.stat(path);
  } catch (error) {
    if (error instanceof Deno.errors.NotFound || error instanceof Deno.errors.NotADirectory) {
      return null;
    }
    throw new TextEncoderError(`${path}: cannot be read (${(error as Error).message})`);
  }
}

/** A file of that name in one of the folders, the first there is; null where there is none. */
export async function fileIn(
  folders: readonly string[],
  names: readonly string[],
): Promise<string | null> {
  for (const folder of folders) {
    for (const name of names) {
      const file = join(folder, name);
      if ((await statOf(file))?.isFile) return file;
    }
  }
  return null;
}
