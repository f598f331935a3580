import { isAutoencoderRun, type RunConfig } from "./autoencoder_run_config.ts";
import type { Config } from "./config.ts";
import { applies, type Field, flatten, nest, type Settings } from "./fields.ts";
import { type DataFacts, impliedSettings } from "./implied_settings.ts";
import { presetForDataset, presetOf, type RunPresetName, runPresets } from "./run_presets.ts";
import { runSchemaOf } from "./run_schema.ts";
import { UsageError } from "./usage_error.ts";

/** Settings laid over a preset. */
export interface Layers {
  /** The preset that everything else is taken from. */
  readonly preset: RunPresetName;
  /** Every setting of the preset. */
  readonly initial: Settings;
  /** The same, with those of a file and what follows from them. */
  readonly filed: Settings;
  /** What is laid over both. */
  readonly settings: Settings;
  /** The settings of file and `settings`, without the preset's and what follows. */
  readonly given: Settings;
}

/**
 * Lays a file's settings over a preset, and others over both. Where these select another network than
 * the preset's, its counterpart for that network is the preset.
 *
 * @param name null: the preset for the data set
 */
export function layersOver(
  name: RunPresetName | null,
  { file = new Map(), settings }: { file?: Settings; settings: Settings },
  fields: readonly Field[],
): Layers {
  const given: Settings = new Map([...file, ...settings]);
  const network = given.get("nnet.name");
  const preset = presetOf(name ?? presetForDataset(given.get("dataset.name"), network), network);
  const initial = flatten(runPresets[preset], fields);
  const filed = new Map([...initial, ...impliedSettings(file, initial), ...file]);
  return { preset, initial, filed, settings, given };
}

/**
 * The configuration of layers, with what follows from what is given ({@linkcode impliedSettings}).
 *
 * @param facts of the data
 * @throws {UsageError} with a line for each setting of another network, and each contradiction
 */
export function runConfigOf(
  { filed, settings, given }: Layers,
  facts: DataFacts,
  fields: readonly Field[],
): RunConfig {
  const requested = new Map([
    ...filed,
    ...impliedSettings(settings, filed, facts),
    ...settings,
  ]);
  const misplaced = fields.filter((field) => given.has(field.path) && !applies(field, requested));
  if (misplaced.length > 0) throw new UsageError(misplaced.map((f) => misplacedLine(f, requested)));

  const parsed = runSchemaOf(requested.get("nnet.name")).safeParse(nest(requested));
  if (!parsed.success) throw new UsageError(parsed.error.issues.map(({ message }) => message));
  return parsed.data;
}

/**
 * The same of a diffusion model.
 *
 * @throws {UsageError} as {@linkcode runConfigOf}, and for an autoencoder
 */
export function configOf(layers: Layers, facts: DataFacts, fields: readonly Field[]): Config {
  const config = runConfigOf(layers, facts, fields);
  if (!isAutoencoderRun(config)) return config;
  throw new UsageError("nnet.name: an autoencoder is no diffusion model; name uvit or unet");
}

/** The error line for a setting of another network, say, than the chosen one. */
function misplacedLine({ path, only }: Field, settings: Settings): string {
  const { when, is } = only!;
  return `${path}: is a setting of ${is.join(" and ")}, not of ${settings.get(when)}; ` +
    `leave it out, or set ${when}=${is[0]}`;
}
