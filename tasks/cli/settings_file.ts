import type { Field, Settings } from "../../train/config/fields.ts";
import { isRecord } from "../../train/formats/is_record.ts";
import { misfit, nearestField } from "./flags.ts";
import { UsageError } from "../../train/config/usage_error.ts";

/**
 * Reads a JSON file of settings, any subset of them: `{"train": {"batch_size": 64}}`.
 *
 * @throws {UsageError} where the file is missing or not JSON, or with a line for each field that is
 * unknown or has an invalid value
 */
export async function readSettings(file: string, fields: readonly Field[]): Promise<Settings> {
  const problems: string[] = [];
  const settings: Settings = new Map();
  const root = parse(file, await readText(file));
  if (!isRecord(root)) {
    throw new UsageError(`${file}: expected an object like {"train": {"batch_size": 64}}`);
  }
  gather(root, "");
  if (problems.length > 0) throw new UsageError(problems);
  return settings;

  function gather(object: Record<string, unknown>, group: string): void {
    for (const [key, value] of Object.entries(object)) {
      const path = group === "" ? key : `${group}.${key}`;
      const field = fields.find((field) => field.path === path);
      if (field) {
        if (field.accepts(value)) settings.set(path, value);
        else problems.push(misfit(`${file}: ${path}`, field, value));
      } else if (!fields.some(({ group }) => `${group}.`.startsWith(`${path}.`))) {
        const like = nearestField(path, fields);
        const hint = like ? `did you mean ${like.path}?` : "--help lists them all";
        problems.push(`${file}: ${path}: there is no such setting; ${hint}`);
      } else if (isRecord(value)) {
        gather(value, path);
      } else {
        problems.push(`${file}: ${path}: expected an object of settings`);
      }
    }
  }
}

async function readText(file: string): Promise<string> {
  try {
    return await Deno.readTextFile(file);
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) {
      throw new UsageError(`${file}: there is no such file`);
    }
    throw new UsageError(`${file}: cannot be read (${(error as Error).message})`);
  }
}

function parse(file: string, text: string): unknown {
  try {
    return JSON.parse(text);
  } catch (error) {
    throw new UsageError(`${file}: is not JSON (${(error as Error).message})`);
  }
}
