import { z } from "zod";
import { type Config, configSchema } from "../../train/config/config.ts";
import {
  applies,
  type Field,
  fieldsOf,
  flatten,
  nest,
  type Settings,
} from "../../train/config/fields.ts";
import { configFields } from "./config_fields.ts";
import { parseFlags } from "./flags.ts";
import { type Help, helpText } from "./help_text.ts";
import { type PresetName, presetOf, presets } from "../../train/config/presets.ts";
import { readSettings } from "./settings_file.ts";
import { UsageError } from "../../train/config/usage_error.ts";

/** Flags of one command that are no part of the configuration, and what they are when not given. */
export interface OwnFlags<T extends object> {
  schema: z.ZodType<T>;
  defaults: T;
  /** Settings, by full name, that the command's flags stand for; those given win over them. */
  implies?: (own: T) => Readonly<Record<string, unknown>>;
}

/** What a command line asks for. */
export interface LoadedConfig<T extends object = object> {
  config: Config;
  /** The command's own flags. */
  own: T;
  /** The preset everything not given comes from. */
  preset: PresetName;
  /** Whether only the help is wanted. */
  help: boolean;
  /** Full names of the fields that the command line or the file gives. */
  given: string[];
}

/** The flags that choose where settings come from, rather than being settings. */
interface Source {
  preset: PresetName;
  config: string | null;
  help: boolean;
}

const sourceSchema: z.ZodType<Source> = z.strictObject({
  preset: z.enum(Object.keys(presets) as PresetName[])
    .describe("settings to start from; the flags below change them"),
  config: z.string().min(1).nullable()
    .describe(
      "JSON file of settings, as a run's config.json; it wins over the preset, flags win over both",
    ),
  help: z.boolean()
    .describe("show this page, with the defaults of the preset chosen; -h for short"),
});

const sourceDefaults: Source = { preset: "quickstart", config: null, help: false };

/**
 * The configuration a command line asks for: the preset, then the file, then the flags, later ones
 * winning.
 * Throws `UsageError` with a line for each problem.
 */
export async function loadConfig<T extends object>(
  args: readonly string[],
  { schema, defaults, implies }: OwnFlags<T>,
): Promise<LoadedConfig<T>> {
  const fields = configFields();
  const flags = parseFlags(args, sourceSchema, schema, configFields());
  const own = schema.parse({ ...defaults, ...nest(flatten(nest(flags), fieldsOf(schema))) });
  const source = sourceSchema.parse({
    ...sourceDefaults,
    ...nest(flatten(nest(flags), fieldsOf(sourceSchema))),
  });
  const { config, preset, given } = await configFrom(
    source,
    new Map([...Object.entries(implies?.(own) ?? {}), ...flatten(nest(flags), fields)]),
  );
  return { config, own, preset, help: source.help, given };
}

/**
 * The configuration that a preset gives, a file of settings over it, and settings over both. Where
 * they ask for another network than the preset's, the preset is the one like it for that network.
 * Throws `UsageError` with a line for each problem.
 */
export async function configFrom(
  source: { preset: PresetName; config: string | null },
  settings: Settings,
): Promise<{ config: Config; preset: PresetName; given: string[] }> {
  const fields = configFields();
  const file: Settings = source.config ? await readSettings(source.config, fields) : new Map();
  const given: Settings = new Map([...file, ...settings]);
  const preset = presetOf(source.preset, given.get("nnet.name"));
  const wanted = new Map([...flatten(presets[preset], fields), ...given]);
  const strangers = fields.filter((field) => given.has(field.path) && !applies(field, wanted));
  if (strangers.length > 0) throw new UsageError(strangers.map((f) => strange(f, wanted)));

  const parsed = configSchema.safeParse(nest(wanted));
  if (!parsed.success) throw new UsageError(parsed.error.issues.map(({ message }) => message));
  return { config: parsed.data, preset, given: [...given.keys()] };
}

/** The line for a field that the chosen kind of group does not have. */
function strange({ path, only }: Field, settings: Settings): string {
  const { when, is } = only!;
  return `--${path}: is a setting of ${is.join(" and ")}, not of ${settings.get(when)}; ` +
    `leave it out, or set --${when}=${is[0]}`;
}

/** The help of a command that takes a configuration, with `preset`'s values as defaults. */
export function configHelp<T extends object>(
  page: Pick<Help, "about" | "examples">,
  preset: PresetName,
  own: OwnFlags<T>,
): string {
  const defaults = new Map([
    ...flatten(
      { ...sourceDefaults, preset, config: undefined, help: undefined },
      fieldsOf(sourceSchema),
    ),
    ...flatten(own.defaults, fieldsOf(own.schema)),
    ...flatten(presets[preset], configFields()),
  ]);
  return helpText({ ...page, schemas: [sourceSchema, own.schema, configFields()], defaults });
}
