import type { Config, NnetConfig } from "../train/config/config.ts";
import { followsData, NO_FACTS } from "../train/config/implied_settings.ts";
import { configOf, layersOver } from "../train/config/layers.ts";
import { editDistance, nearest } from "../train/config/nearest.ts";
import { objectSettings } from "../train/config/object_settings.ts";
import { type PresetName, type Presets, presets } from "../train/config/presets.ts";
import { UsageError } from "../train/config/usage_error.ts";
import type { Settings } from "../train/config/fields.ts";
import { factsOf } from "../train/data/data_facts.ts";
import type { ImageSource } from "../train/data/image_source.ts";
import { isRecord } from "../train/formats/is_record.ts";
import { configFields } from "./config_fields.ts";

/**
 * Any part of a value, at any depth; a list is given whole.
 * @category Configuration
 */
export type Overrides<T> = T extends readonly unknown[] ? Readonly<T>
  : T extends object ? { readonly [K in keyof T]?: Overrides<T[K]> }
  : T;

/**
 * Settings of every network but N, which N has not.
 * @category Configuration
 */
export type ForeignSettings<N extends NnetConfig> = {
  readonly [K in Exclude<SettingOf<NnetConfig>, SettingOf<N>>]?: never;
};

/**
 * The settings of some networks.
 * @category Configuration
 */
export type SettingOf<N> = N extends unknown ? keyof N : never;

/**
 * Settings of another network, which is named.
 * @category Configuration
 */
export type OtherNetwork<N> = N extends NnetConfig ? { readonly name: N["name"] } & Overrides<N>
  : never;

/**
 * What {@linkcode configure} changes of a preset: any part; of its network, or of another by name.
 * @category Configuration
 */
export type ConfigOverrides<P extends PresetName = PresetName> =
  & { readonly [K in Exclude<keyof Config, "nnet">]?: Overrides<Config[K]> }
  & {
    readonly nnet?:
      | (Overrides<Presets[P]["nnet"]> & ForeignSettings<Presets[P]["nnet"]>)
      | OtherNetwork<Exclude<NnetConfig, Presets[P]["nnet"]>>;
  };

/**
 * The configuration of a preset with some settings changed, and with what follows from these where it is
 * left out: both image sizes are one, `num_classes` tells `mode`, and `mode` the guidance of samples.
 * Where `nnet.name` is another network's, the preset's counterpart for that network is changed.
 *
 * @example Method 3 of ScaleLong, a hundred steps
 * ```ts
 * import { configure } from "@scalelong/scalelong";
 *
 * const config = configure("quickstart", { nnet: { scalelong: 3 }, train: { n_steps: 100 } });
 * console.log(config.nnet.scalelong, config.train.batch_size); // 3 64
 * ```
 *
 * @param data the images to train on: their shape, and where the preset has classes or a folder's are to
 * be learned, their number, are the network's unless they are given
 * @throws {UsageError} with a line for each setting that is unknown, of another network or invalid, and
 * for each contradiction, as the command line has them
 * @category Configuration
 */
export function configure<P extends PresetName>(
  preset: P,
  overrides: ConfigOverrides<P> = {},
  data?: Pick<ImageSource, "shape" | "class_names" | "latents">,
): Config {
  mustBePreset(preset);
  if (!isRecord(overrides)) {
    throw new UsageError("overrides: expected an object like { train: { batch_size: 64 } }");
  }
  const fields = configFields();
  const names = { prefix: "", lookup: "the type Config has them all" };
  const { settings, problems } = objectSettings(overrides, fields, names);
  if (problems.length > 0) throw new UsageError(problems);
  const layers = layersOver(preset, { file: shapeOf(data), settings }, fields);
  const { initial, given } = layers;
  const isCounted = followsData(given, initial) ||
    (initial.get("train.mode") === "cond" && !given.has("nnet.num_classes"));
  const { classes, latents } = data ? factsOf(data) : NO_FACTS;
  return configOf(layers, { classes: isCounted ? classes : null, latents }, fields);
}

/** What the images themselves tell of the network. */
function shapeOf(data: Pick<ImageSource, "shape"> | undefined): Settings {
  if (!data) return new Map();
  const [channels, image_size] = data.shape;
  return new Map([["nnet.in_chans", channels], ["nnet.img_size", image_size]]);
}

function mustBePreset(name: unknown): void {
  const names = Object.keys(presets);
  if (names.includes(name as string)) return;
  const like = nearest(String(name), names, editDistance);
  throw new UsageError(
    `preset: there is none called ${JSON.stringify(name)}; ` +
      (like ? `did you mean ${like}?` : `there are ${names.join(", ")}`),
  );
}
