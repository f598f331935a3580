import { machineSchema } from "./machine_schema.ts";
import { z } from "zod";
import type { Config } from "../../train/config/config.ts";
import { configSchema } from "../../train/config/config_schema.ts";
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

/** Flags of one command that are not part of the configuration. */
export interface OwnFlags<T extends object> {
  /** Their schema. */
  schema: z.ZodType<T>;
  /** Their defaults. */
  defaults: T;
  /** Settings, by full name, that these flags imply; explicit ones take precedence. */
  implies?: (own: T) => Readonly<Record<string, unknown>>;
}

/** A parsed command line. */
export interface LoadedConfig<T extends object = object> {
  /** The complete configuration. */
  config: Config;
  /** The command's own flags. */
  own: T;
  /** The preset that everything else is taken from. */
  preset: PresetName;
  /** Whether help was requested. */
  help: boolean;
  /** Full names of the fields that the command line or the file sets. */
  given: string[];
}

/** The flags that select where settings come from. */
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
      "JSON file of settings (a run's config.json); overrides the preset; flags override both",
    ),
  help: z.boolean()
    .describe("show this page, with the defaults of the chosen preset; -h for short"),
});

const sourceDefaults: Source = { preset: "quickstart", config: null, help: false };

/**
 * Reads the configuration of a command line: the preset, overridden by the file, then by the flags.
 *
 * @throws {UsageError} with a line for each problem
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
 * The configuration of a preset, overridden by a file of settings, then by `settings`. Where these
 * select another network than the preset's, its counterpart for that network is the preset.
 *
 * @throws {UsageError} with a line for each problem
 */
export async function configFrom(
  source: { preset: PresetName; config: string | null },
  settings: Settings,
): Promise<{ config: Config; preset: PresetName; given: string[] }> {
  const fields = configFields();
  const file: Settings = source.config ? await readSettings(source.config, fields) : new Map();
  const given: Settings = new Map([...file, ...settings]);
  const preset = presetOf(source.preset, given.get("nnet.name"));
  const requested = new Map([...flatten(presets[preset], fields), ...given]);
  const misplaced = fields.filter((field) => given.has(field.path) && !applies(field, requested));
  if (misplaced.length > 0) throw new UsageError(misplaced.map((f) => misplacedLine(f, requested)));

  const parsed = configSchema.safeParse(nest(requested));
  if (!parsed.success) throw new UsageError(parsed.error.issues.map(({ message }) => message));
  return { config: parsed.data, preset, given: [...given.keys()] };
}

/** The error line for a setting of another network, say, than the chosen one. */
function misplacedLine({ path, only }: Field, settings: Settings): string {
  const { when, is } = only!;
  return `--${path}: is a setting of ${is.join(" and ")}, not of ${settings.get(when)}; ` +
    `leave it out, or set --${when}=${is[0]}`;
}

/** The help of a command that takes a configuration, with the defaults of `preset`. */
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
  return helpText({
    ...page,
    schemas: [sourceSchema, own.schema, machineSchema, configFields()],
    defaults,
  });
}
