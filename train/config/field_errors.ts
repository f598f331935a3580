import type { Field } from "./fields.ts";
import { editDistance, nearest } from "./nearest.ts";

/**
 * The error line for an invalid value: what was expected, what was given, the nearest valid one.
 */
export function misfit(where: string, field: Field, value: unknown): string {
  const line = `${where}: expected ${field.expects}, got ${written(value)}`;
  const right = nearest(String(value), field.choices, editDistance);
  return right === null ? line : `${line}; did you mean ${right}?`;
}

/** The field closest to an unknown name: the only one so called in another group, or so spelt. */
export function nearestField(name: string, fields: readonly Field[]): Field | null {
  const namesakes = fields.filter(({ path }) => lastPart(path) === lastPart(name));
  if (namesakes.length === 1) return namesakes[0];
  return nearest(name, fields, (given, { path }) => {
    const elsewhere = editDistance(lastPart(given), lastPart(path)) + (given.includes(".") ? 2 : 0);
    return Math.min(editDistance(given, path), elsewhere);
  });
}

/** A value as a program would write it; JSON has no NaN, and no word for a function. */
function written(value: unknown): string {
  return typeof value === "string" || (typeof value === "object" && value !== null)
    ? JSON.stringify(value)
    : typeof value === "function"
    ? "a function"
    : String(value);
}

function lastPart(path: string): string {
  return path.slice(path.lastIndexOf(".") + 1);
}
