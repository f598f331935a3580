import { join } from "node:path";
import { isRecord } from "../../formats/is_record.ts";
import { DatasetError } from "../dataset.ts";

/**
 * Captions in a `metadata.jsonl` as Hugging Face's image folders have them: an object a line, with
 * `file_name` and `text`, a text or a list of some; a file that appears again has more.
 *
 * @param folder that the names start from
 * @returns captions by path; null where there is no such file
 * @throws {DatasetError} where a line is something else
 */
export async function readMetadata(
  file: string,
  folder: string,
): Promise<ReadonlyMap<string, readonly string[]> | null> {
  let text: string;
  try {
    text = await Deno.readTextFile(file);
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return null;
    throw new DatasetError(`${file} cannot be read: ${(error as Error).message}`);
  }
  const captions = new Map<string, string[]>();
  for (const [i, line] of text.split("\n").entries()) {
    if (line.trim() === "") continue;
    const entry = parsed(line);
    const texts = [entry?.text].flat();
    const isEntry = typeof entry?.file_name === "string" &&
      texts.every((text): text is string => typeof text === "string");
    if (!isEntry) {
      throw new DatasetError(
        `${file}, line ${i + 1}: expected an object like {"file_name": "1.png", "text": "a dog"}`,
      );
    }
    const path = join(folder, entry.file_name as string);
    captions.set(path, [...captions.get(path) ?? [], ...texts as string[]]);
  }
  return captions;
}

function parsed(line: string): Record<string, unknown> | null {
  try {
    const value: unknown = JSON.parse(line);
    return isRecord(value) ? value : null;
  } catch {
    return null;
  }
}
