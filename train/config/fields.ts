import { z } from "zod";
import { isRecord } from "../formats/is_record.ts";

/** One setting of a schema, as flags, files and the help see it. */
export interface Field {
  /** Its full name with its groups: `train.batch_size`. */
  path: string;
  /** The group it belongs to (`train`), empty at the top. */
  group: string;
  /** The group's description; empty at the top. */
  group_description: string;
  /** What the field means, in a line. */
  description: string;
  /** Which values it takes, in prose: `a whole number of at least 1`. */
  expects: string;
  /** Its allowed words, for an enumeration; else empty. */
  choices: string[];
  /** Whether it is true or false, so that its bare flag means true. */
  is_boolean: boolean;
  /**
   * In a group that is one of several kinds, such as networks: the field that says which, and the
   * kinds that have this one; null elsewhere.
   */
  only: { readonly when: string; readonly is: readonly string[] } | null;
  /** Whether a value is valid. */
  accepts(value: unknown): boolean;
  /** The value of a flag's text, undefined where it is invalid. */
  read(text: string): unknown;
}

/** Values by full field name. */
export type Settings = Map<string, unknown>;

/**
 * Every leaf of an object schema, in the order written.
 *
 * @throws {TypeError} where `schema` is no object
 */
export function fieldsOf(schema: z.ZodType): Field[] {
  if (!(schema instanceof z.ZodObject)) throw new TypeError("fieldsOf: expected an object schema");
  return walk(schema, "", "");
}

/** Whether a field belongs to the kind of group that the settings choose. */
export function applies({ only }: Field, settings: Settings): boolean {
  return only === null || only.is.includes(String(settings.get(only.when)));
}

/** Picks the value of each field out of a nested object. */
export function flatten(value: unknown, fields: readonly Field[]): Settings {
  const settings: Settings = new Map();
  for (const { path } of fields) {
    let at = value;
    for (const key of path.split(".")) at = isRecord(at) ? at[key] : undefined;
    if (at !== undefined) settings.set(path, at);
  }
  return settings;
}

/** Puts values by full name back into a nested object. */
export function nest(settings: Settings): Record<string, unknown> {
  const root: Record<string, unknown> = {};
  for (const [path, value] of settings) {
    const keys = path.split(".");
    let at = root;
    for (const key of keys.slice(0, -1)) {
      const inner = at[key];
      at = isRecord(inner) ? inner : at[key] = {};
    }
    at[keys[keys.length - 1]] = value;
  }
  return root;
}

function walk(schema: z.ZodObject, group: string, groupDescription: string): Field[] {
  return Object.entries(schema.shape).flatMap(([key, inner]) => {
    const path = group === "" ? key : `${group}.${key}`;
    const child = bare(inner as z.ZodType);
    if (child instanceof z.ZodObject) return walk(child, path, child.description ?? "");
    if (child instanceof z.ZodDiscriminatedUnion) return walkKinds(child, path);
    return [leaf(child, path, group, groupDescription)];
  });
}

/** A group without the default that stands for it where it is missing. */
function bare(schema: z.ZodType): z.ZodType {
  const inner = schema instanceof z.ZodPrefault ? schema.unwrap() as z.ZodType : schema;
  return inner instanceof z.ZodObject ? inner : schema;
}

/** The fields of all kinds of a group; one that several have is one field, of one schema. */
function walkKinds(union: z.ZodDiscriminatedUnion, group: string): Field[] {
  const { discriminator } = union.def;
  const kinds = (union.options as z.ZodObject[]).map(({ shape }) => ({
    kind: String((shape[discriminator] as z.ZodLiteral).value),
    shape: shape as Record<string, z.ZodType>,
  }));
  const keys = new Set(kinds.flatMap(({ shape }) => Object.keys(shape)));
  return [...keys].map((key) => {
    const having = kinds.filter(({ shape }) => key in shape);
    const path = `${group}.${key}`;
    const first = having[0].shape[key];
    const which = key === discriminator;
    const schema = which
      ? z.literal(kinds.map(({ kind }) => kind)).describe(first.description ?? "")
      : first;
    if (!which && having.some(({ shape }) => shape[key] !== first)) {
      throw new TypeError(`fieldsOf: ${path} has several schemas`);
    }
    const is = having.map(({ kind }) => kind);
    const only = which ? null : { when: `${group}.${discriminator}`, is };
    return { ...leaf(schema, path, group, union.description ?? ""), only };
  });
}

function leaf(schema: z.ZodType, path: string, group: string, groupDescription: string): Field {
  const json = z.toJSONSchema(schema);
  const choices = json.type === "boolean" ? ["true", "false"] : choicesOf(json);
  const accepts = (value: unknown) => schema.safeParse(value).success;
  return {
    path,
    group,
    group_description: groupDescription,
    description: schema.description ?? "",
    expects: expectation(json),
    choices,
    is_boolean: json.type === "boolean",
    only: null,
    accepts,
    read: (text) => readings(text).find(accepts),
  };
}

/** Possible values of a text, the most specific first. */
function readings(text: string): unknown[] {
  const values: unknown[] = [];
  if (text === "null") values.push(null);
  if (text === "true" || text === "false") values.push(text === "true");
  if (isNumber(text)) values.push(Number(text));
  const parts = text.replace(/^\[(.*)\]$/, "$1").split(",");
  if (text === "[]") values.push([]);
  if (parts.every(isNumber)) values.push(parts.map(Number));
  return [...values, text, text.split(",")];
}

function isNumber(text: string): boolean {
  return text.trim() !== "" && Number.isFinite(Number(text));
}

type JsonSchema = z.core.JSONSchema.BaseSchema;

/** The words of an enumeration, also of one that may be null. */
function choicesOf({ enum: words = [], anyOf = [] }: JsonSchema): string[] {
  return [...words.map(String), ...(anyOf as JsonSchema[]).flatMap(choicesOf)];
}

function expectation(json: JsonSchema): string {
  if (json.title) return json.title;
  if (json.enum) return list(json.enum.map(String));
  if (json.const !== undefined) return String(json.const);
  if (json.anyOf) return list((json.anyOf as JsonSchema[]).map(expectation));
  if (Array.isArray(json.type)) {
    return list(
      (json.type as string[]).map((type) => expectation({ ...json, type } as JsonSchema)),
    );
  }
  switch (json.type) {
    case "integer":
      return `a whole number${range(json)}`;
    case "number":
      return `a number${range(json)}`;
    case "boolean":
      return "true or false";
    case "array": {
      if (json.items) {
        return `values with commas between, each ${expectation(json.items as JsonSchema)}`;
      }
      const items = ((json.prefixItems ?? []) as JsonSchema[]).map(expectation);
      const kinds = items.every((item) => item === items[0])
        ? `each ${items[0]}`
        : items.join(", ");
      return `${items.length} values with commas between, ${kinds}`;
    }
    case "null":
      return "null";
    default:
      return json.minLength ? "a text that is not empty" : "a text";
  }
}

function range(json: JsonSchema): string {
  // zod's integers end where doubles are no longer exact; that limit is no rule of ours.
  const max = json.maximum === Number.MAX_SAFE_INTEGER ? undefined : json.maximum;
  const min = json.minimum === Number.MIN_SAFE_INTEGER ? undefined : json.minimum;
  if (min !== undefined && max !== undefined) return ` from ${min} to ${max}`;
  const low = min !== undefined
    ? `of at least ${min}`
    : json.exclusiveMinimum !== undefined
    ? `above ${json.exclusiveMinimum}`
    : "";
  const high = max !== undefined
    ? `of at most ${max}`
    : json.exclusiveMaximum !== undefined
    ? `below ${json.exclusiveMaximum}`
    : "";
  const both = [low, high].filter((part) => part !== "").join(" and ");
  return both === "" ? "" : ` ${both}`;
}

function list(words: string[]): string {
  if (words.length < 2) return words.join("");
  return `${words.slice(0, -1).join(", ")} or ${words[words.length - 1]}`;
}
