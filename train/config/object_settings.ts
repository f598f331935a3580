import { isRecord } from "../formats/is_record.ts";
import { misfit, nearestField } from "./field_errors.ts";
import type { Field, Settings } from "./fields.ts";

/** How mistakes in an object of settings are named. */
export interface ObjectNames {
  /** What stands before the name of a field: `mine.json: `. */
  readonly prefix: string;
  /** Where all fields can be looked up, after "there is no such setting; ". */
  readonly lookup: string;
}

/**
 * Reads an object of settings, any subset of them, nested or by full names:
 * `{ train: { batch_size: 64 }, "optimizer.lr": 1e-4 }`. What is undefined counts as left out.
 *
 * @returns values by full name, and a line for each field that is unknown or has an invalid value
 */
export function objectSettings(
  root: Readonly<Record<string, unknown>>,
  fields: readonly Field[],
  { prefix, lookup }: ObjectNames,
): { settings: Settings; problems: string[] } {
  const settings: Settings = new Map();
  const problems: string[] = [];
  gather(root, "");
  return { settings, problems };

  function gather(object: Readonly<Record<string, unknown>>, group: string): void {
    for (const [key, value] of Object.entries(object)) {
      if (value === undefined) continue;
      const path = group === "" ? key : `${group}.${key}`;
      const field = fields.find((field) => field.path === path);
      if (field) {
        if (settings.has(path)) problems.push(`${prefix}${path}: appears twice`);
        else if (field.accepts(value)) settings.set(path, value);
        else problems.push(misfit(prefix + path, field, value));
      } else if (!fields.some(({ group }) => `${group}.`.startsWith(`${path}.`))) {
        const like = nearestField(path, fields);
        const hint = like ? `did you mean ${like.path}?` : lookup;
        problems.push(`${prefix}${path}: there is no such setting; ${hint}`);
      } else if (isRecord(value)) {
        gather(value, path);
      } else {
        problems.push(`${prefix}${path}: expected an object of settings`);
      }
    }
  }
}
