import { z } from "zod";
import { type Field, fieldsOf, type Settings } from "../../train/config/fields.ts";
import { misfit, nearestField } from "../../train/config/field_errors.ts";
import { UsageError } from "../../train/config/usage_error.ts";

/** A schema whose fields are flags, or fields of one. */
export type FlagSource = z.ZodType | readonly Field[];

/**
 * Parses command-line flags for the fields of `schemas`: `--group.name=value`, `--group.name
 * value`, a bare `--group.name` for true, and `--name` alone where it names one field (or one that
 * is less deeply nested than the others). `-h` is `--help`, and `--dry-run` is `--dry_run`. A flag is
 * given once: of two values one would be forgotten.
 *
 * @returns the given values by full field name
 * @throws {UsageError} with a line for each flag that is unknown, ambiguous, given twice, or has an
 * invalid value
 */
export function parseFlags(args: readonly string[], ...schemas: FlagSource[]): Settings {
  const fields = schemas.flatMap(fieldsIn);
  return read(args, fields, (argument) => stray(argument, fields));
}

/** The fields of a flag source, in order. */
export function fieldsIn(source: FlagSource): readonly Field[] {
  return source instanceof z.ZodType ? fieldsOf(source) : source;
}

/** A parsed command line. */
export interface Arguments {
  /** Values of the flags by full field name. */
  settings: Settings;
  /** Arguments that are not flags, in order. */
  positional: string[];
}

/**
 * As {@linkcode parseFlags}, for a command with positional arguments, such as files: whatever does
 * not start with a dash and is not a flag's value, and everything after a `--`.
 */
export function parseArguments(args: readonly string[], ...schemas: FlagSource[]): Arguments {
  const fields = schemas.flatMap(fieldsIn);
  const end = args.includes("--") ? args.indexOf("--") : args.length;
  const positional: string[] = [];
  const settings = read(args.slice(0, end), fields, (argument) => {
    if (argument.startsWith("-")) return stray(argument, fields);
    positional.push(argument);
    return null;
  });
  return { settings, positional: [...positional, ...args.slice(end + 1)] };
}

/**
 * Takes the flags of `schemas` out of a command line that has others too.
 *
 * @returns their values, and the arguments that are left, in order
 * @throws {UsageError} with a line for each flag that has an invalid value
 */
export function takeFlags(
  args: readonly string[],
  ...schemas: FlagSource[]
): { settings: Settings; rest: string[] } {
  const fields = schemas.flatMap(fieldsIn);
  const rest: string[] = [];
  const leave = (argument: string) => {
    rest.push(argument);
    return null;
  };
  return { settings: read(args, fields, leave, leave), rest };
}

/**
 * @param onBare takes an argument that is not a flag; returns the error line, or null
 * @param onUnknown takes a flag that names no field, its argument and the error line; the same
 */
function read(
  args: readonly string[],
  fields: readonly Field[],
  onBare: (argument: string) => string | null,
  onUnknown: (argument: string, line: string) => string | null = (_, line) => line,
): Settings {
  const settings: Settings = new Map();
  const texts = new Map<Field, string>();
  const problems: string[] = [];

  for (let i = 0; i < args.length; i++) {
    const argument = args[i] === "-h" ? "--help" : args[i];
    const { name, value } = split(argument);
    const named = argument.startsWith("--") ? fieldNamed(name, fields) : onBare(argument);
    const found = argument.startsWith("--") && typeof named === "string"
      ? onUnknown(args[i], named)
      : named;
    const next = args[i + 1];
    if (found === null) continue;

    // A value that follows an unknown flag is skipped with it, so that one mistake is one line.
    const follows = value === undefined && next !== undefined && !next.startsWith("--");
    if (typeof found === "string") {
      problems.push(found);
      if (follows && argument.startsWith("--")) i++;
    } else if (value !== undefined) {
      take(found, value);
    } else if (found.is_boolean && !(follows && found.choices.includes(next))) {
      take(found, "true");
    } else if (follows) {
      take(found, next);
      i++;
    } else {
      problems.push(`--${found.path}: needs a value, ${found.expects}`);
    }
  }
  if (problems.length > 0) throw new UsageError(problems);
  return settings;

  function take(field: Field, text: string): void {
    const value = field.read(text);
    const before = texts.get(field);
    texts.set(field, text);
    if (before !== undefined) {
      problems.push(`--${field.path}: is given twice, ${before} and ${text}; leave one out`);
    } else if (value === undefined) problems.push(misfit(`--${field.path}`, field, text));
    else settings.set(field.path, value);
  }
}

function split(argument: string): { name: string; value: string | undefined } {
  const equals = argument.indexOf("=");
  const end = equals === -1 ? argument.length : equals;
  const value = equals === -1 ? undefined : argument.slice(equals + 1);
  return { name: argument.slice(0, end).replace(/^-+/, "").replaceAll("-", "_"), value };
}

/** The field that a flag names, or the error line where there is none. */
export function fieldNamed(name: string, fields: readonly Field[]): Field | string {
  const exact = fields.find(({ path }) => path === name);
  if (exact) return exact;

  const namesakes = fields.filter(({ path }) => path.endsWith(`.${name}`));
  const depth = (field: Field) => field.path.split(".").length;
  const least = Math.min(...namesakes.map(depth));
  const short = namesakes.filter((field) => depth(field) === least);
  if (short.length === 1) return short[0];
  if (short.length > 1) return `--${name}: could be ${flagList(short)}; write the one you mean`;

  const inside = fields.filter(({ group }) => group === name);
  if (inside.length > 0) return `--${name}: is a group of settings; set one of ${flagList(inside)}`;

  const like = nearestField(name, fields);
  return `--${name}: there is no such flag; ` +
    (like ? `did you mean --${like.path}?` : "--help lists them all");
}

function stray(argument: string, fields: readonly Field[]): string {
  const { name } = split(argument);
  const like = name === "" ? null : nearestField(name, fields);
  return `${JSON.stringify(argument)}: settings are flags that start with --; ` +
    (like ? `did you mean --${like.path}?` : "--help lists them all");
}

function flagList(fields: readonly Field[]): string {
  return fields.map(({ path }) => `--${path}`).join(", ");
}
