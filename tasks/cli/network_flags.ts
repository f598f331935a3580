import { z } from "zod";
import type { Config } from "../../train/config/config.ts";
import { type Field, fieldsOf, flatten, nest, type Settings } from "../../train/config/fields.ts";
import { configFields } from "./config_fields.ts";
import { configFrom } from "./load_config.ts";
import { type PresetName, presets } from "../../train/config/presets.ts";

/** Where the network of weights comes from that do not name theirs. */
export interface NetworkFlags {
  preset: PresetName | null;
  config: string | null;
}

/** The flags of {@linkcode NetworkFlags}; {@linkcode networkFields} are laid over them. */
export const networkSchema: z.ZodType<NetworkFlags> = z.strictObject({
  preset: z.enum(Object.keys(presets) as PresetName[]).nullable()
    .describe(
      "network of weights that do not name theirs; --nnet and --process settings of train go over it",
    ),
  config: z.string().min(1).nullable()
    .describe("the same by a JSON file of settings, a run's config.json for instance"),
});

/** What {@linkcode networkSchema}'s flags are when not given. */
export const NETWORK_DEFAULTS: NetworkFlags = { preset: null, config: null };

/** The settings of a configuration that weights without one need. */
export function networkFields(): Field[] {
  return configFields()
    .filter(({ path }) => /^(nnet|process)\./.test(path) || path === "train.p_uncond");
}

/**
 * The configuration that the flags of a command line give, or null where they say nothing of a
 * network.
 *
 * @throws {UsageError} with a line for each problem
 */
export async function networkConfig(given: Settings): Promise<Config | null> {
  const settings = flatten(nest(given), networkFields());
  const flags = flatten(nest(given), fieldsOf(networkSchema));
  if (flags.size === 0 && settings.size === 0) return null;
  const { preset, config } = networkSchema.parse({ ...NETWORK_DEFAULTS, ...nest(flags) });
  const size = settings.get("nnet.img_size");
  const rows = settings.get("nnet.num_classes");
  // What else a whole configuration must say for these not to contradict it.
  if (size !== undefined) settings.set("dataset.image_size", size);
  if (rows !== undefined) settings.set("train.mode", rows === -1 ? "uncond" : "cond");
  return (await configFrom({ preset: preset ?? "quickstart", config }, settings)).config;
}
