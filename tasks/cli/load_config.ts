import { z } from "zod";
import { configFields, runFields } from "../../eval/config_fields.ts";
import type { RunConfig } from "../../train/config/autoencoder_run_config.ts";
import type { Config } from "../../train/config/config.ts";
import { type Field, fieldsOf, flatten, nest, type Settings } from "../../train/config/fields.ts";
import { type DataFacts, followsData, NO_FACTS } from "../../train/config/implied_settings.ts";
import { configOf, type Layers, layersOver, runConfigOf } from "../../train/config/layers.ts";
import { presets } from "../../train/config/presets.ts";
import { type RunPresetName, runPresets } from "../../train/config/run_presets.ts";
import type { DatasetOutline } from "../../train/data/dataset.ts";
import { factsOf } from "../../train/data/data_facts.ts";
import { datasetOutline } from "../../train/data/dataset_outline.ts";
import { datasetProgress } from "./dataset_progress.ts";
import { type FlagSource, parseFlags } from "./flags.ts";
import { type Help, helpText } from "./help_text.ts";
import { machineFields } from "./machine_flags.ts";
import { Progress } from "./progress.ts";
import { readSettings } from "./settings_file.ts";

/** Flags of one command that are not part of the configuration. */
export interface OwnFlags<T extends object> {
  /** Their schema. */
  schema: z.ZodType<T>;
  /** Their defaults. */
  defaults: T;
  /** Settings, by full name, that these flags imply; explicit ones take precedence. */
  implies?: (own: T) => Readonly<Record<string, unknown>>;
}

/** Which networks a command takes. */
export interface ConfigScope<C extends RunConfig> {
  /** Names of their presets. */
  readonly presets: readonly RunPresetName[];
  /** Their settings. @param network whose descriptions settings have that several share */
  fields(network?: unknown): Field[];
  /** The configuration of layers. @throws {UsageError} with a line for each problem */
  configOf(layers: Layers, facts: DataFacts, fields: readonly Field[]): C;
}

/** Diffusion models. */
export const DIFFUSION: ConfigScope<Config> = {
  presets: Object.keys(presets) as RunPresetName[],
  fields: configFields,
  configOf,
};

/** Whatever can be trained. */
export const ALL_NETWORKS: ConfigScope<RunConfig> = {
  presets: Object.keys(runPresets) as RunPresetName[],
  fields: runFields,
  configOf: runConfigOf,
};

/** A parsed command line. */
export interface LoadedConfig<T extends object = object, C extends RunConfig = Config> {
  /** The complete configuration. */
  config: C;
  /** The command's own flags. */
  own: T;
  /** The preset that everything else is taken from. */
  preset: RunPresetName;
  /** Whether help was requested; then `config` has no more than file and preset say. */
  help: boolean;
  /** What is known of the data, where settings follow from it; else null. */
  outline: DatasetOutline | null;
  /** Full names of the fields that the command line or the file sets. */
  given: string[];
}

/** The flags that select where settings come from. */
interface Source {
  /** Null: the one for the data set. */
  preset: RunPresetName | null;
  config: string | null;
  help: boolean;
}

function sourceSchema({ presets }: Pick<ConfigScope<RunConfig>, "presets">): z.ZodType<Source> {
  return z.strictObject({
    preset: z.enum(presets).nullable()
      .describe(
        "settings to start from; the flags below change them; left out with --dataset.name=folder: folder",
      ),
    config: z.string().min(1).nullable()
      .describe(
        "JSON file of settings (a run's config.json); overrides the preset; flags override both",
      ),
    help: z.boolean()
      .describe("show this page, with the values of the chosen preset and file; -h for short"),
  });
}

const sourceDefaults: Source = { preset: null, config: null, help: false };

/** All flags of a command that takes a configuration. */
export function configFlags<T extends object>(
  { schema }: OwnFlags<T>,
  scope: ConfigScope<RunConfig>,
): readonly FlagSource[] {
  return [sourceSchema(scope), schema, scope.fields()];
}

/**
 * Reads the configuration of a command line: the preset, overridden by the file, then by the flags.
 *
 * @throws {UsageError} with a line for each problem
 */
export async function loadConfig<T extends object, C extends RunConfig>(
  args: readonly string[],
  { schema, defaults, implies }: OwnFlags<T>,
  scope: ConfigScope<C>,
): Promise<LoadedConfig<T, C>> {
  const sources = sourceSchema(scope);
  const flags = parseFlags(args, ...configFlags({ schema, defaults }, scope));
  const own = schema.parse({ ...defaults, ...nest(flatten(nest(flags), fieldsOf(schema))) });
  const source = sources.parse({
    ...sourceDefaults,
    ...nest(flatten(nest(flags), fieldsOf(sources))),
  });
  const settings: Settings = new Map([
    ...Object.entries(implies?.(own) ?? {}),
    ...flatten(nest(flags), scope.fields()),
  ]);
  if (!source.help) return { ...await configFrom(source, settings, scope), own, help: false };
  const kinds = new Map(
    [...settings].filter(([path]) => path === "nnet.name" || path === "dataset.name"),
  );
  const shown = await configFrom(source, kinds, scope, { looks: false });
  return { ...shown, own, help: true };
}

/**
 * The configuration of a preset, overridden by a file of settings, then by `settings`, each with what
 * follows from it ({@linkcode impliedSettings}). Where these select another network than the preset's,
 * its counterpart for that network is the preset.
 *
 * @param options with `looks: false` the data are left alone, and nothing follows from them
 * @throws {DatasetError} where something follows from data that cannot be read
 * @throws {UsageError} with a line for each problem
 */
export async function configFrom<C extends RunConfig>(
  source: Pick<Source, "preset" | "config">,
  settings: Settings,
  scope: ConfigScope<C>,
  { looks = true }: { looks?: boolean } = {},
): Promise<Pick<LoadedConfig<object, C>, "config" | "preset" | "outline" | "given">> {
  const fields = scope.fields();
  const file: Settings = source.config ? await readSettings(source.config, fields) : new Map();
  const layers = layersOver(source.preset, { file, settings }, fields);
  const { preset, initial, filed, given } = layers;
  using progress = new Progress();
  const outline = looks && followsData(given, initial)
    ? await datasetOutline(dataOf(new Map([...filed, ...settings])), {
      onProgress: datasetProgress(progress),
    })
    : null;
  const config = scope.configOf(layers, outline ? factsOf(outline) : NO_FACTS, fields);
  return { config, preset, outline, given: [...given.keys()] };
}

/** The data set and the network of settings that are all there, and valid one by one. */
function dataOf(settings: Settings): Pick<Config, "dataset" | "nnet"> {
  return nest(settings) as unknown as Config;
}

/** The help of a command that takes a configuration, with the values of `config`. */
export function configHelp<T extends object>(
  page: Pick<Help, "about" | "examples">,
  { preset, config }: Pick<LoadedConfig<T, RunConfig>, "preset" | "config">,
  own: OwnFlags<T>,
  scope: ConfigScope<RunConfig>,
): string {
  const sources = sourceSchema(scope);
  const fields = scope.fields(config.nnet.name);
  const defaults = new Map([
    ...flatten(
      { ...sourceDefaults, preset, config: undefined, help: undefined },
      fieldsOf(sources),
    ),
    ...flatten(own.defaults, fieldsOf(own.schema)),
    ...flatten(config, fields),
  ]);
  return helpText({
    ...page,
    schemas: [sources, own.schema, machineFields, fields],
    defaults,
  });
}
