import type { Field, Settings } from "../../train/config/fields.ts";
import { decodeText } from "../../train/formats/decode_text.ts";
import { isRecord } from "../../train/formats/is_record.ts";
import { repeatedKey } from "../../train/formats/repeated_key.ts";
import { shown } from "../../train/formats/shown.ts";
import { objectSettings } from "../../train/config/object_settings.ts";
import { UsageError } from "../../train/config/usage_error.ts";

/**
 * Reads a JSON file of settings, any subset of them: `{"train": {"batch_size": 64}}`; in UTF-8 or
 * UTF-16, with or without a byte-order mark.
 *
 * @throws {UsageError} where the file is missing, not JSON or has a key twice, or with a line for each
 * field that is unknown or has an invalid value
 */
export async function readSettings(file: string, fields: readonly Field[]): Promise<Settings> {
  const root = parse(file, await readText(file));
  if (!isRecord(root)) {
    throw new UsageError(`${file}: expected an object like {"train": {"batch_size": 64}}`);
  }
  const names = { prefix: `${file}: `, lookup: "--help lists them all" };
  const { settings, problems } = objectSettings(root, fields, names);
  if (problems.length > 0) throw new UsageError(problems);
  return settings;
}

async function readText(file: string): Promise<string> {
  try {
    return decodeText(await Deno.readFile(file));
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) {
      throw new UsageError(`${file}: there is no such file`);
    }
    if (error instanceof TypeError) {
      throw new UsageError(`${file}: is not text in UTF-8 or UTF-16, as JSON must be`);
    }
    throw new UsageError(`${file}: cannot be read (${(error as Error).message})`);
  }
}

function parse(file: string, text: string): unknown {
  let root: unknown;
  try {
    root = JSON.parse(text);
  } catch (error) {
    // The message quotes the text, line breaks included.
    const problem = (error as Error).message.replaceAll(/[\p{C}\s]+/gu, " ");
    throw new UsageError(`${file}: is not JSON (${text.trim() === "" ? "it is empty" : problem})`);
  }
  const twice = repeatedKey(text);
  if (twice !== null) {
    throw new UsageError(
      `${file}: the key ${shown(twice)} appears twice in one object; remove one`,
    );
  }
  return root;
}
