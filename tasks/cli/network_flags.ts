import { z } from "zod";
import type { NetworkRemedies } from "../../train/checkpoints/find_weights.ts";
import type { Config } from "../../train/config/config.ts";
import { type Field, fieldsOf, flatten, nest, type Settings } from "../../train/config/fields.ts";
import { configFields } from "../../eval/config_fields.ts";
import { configFrom, DIFFUSION } from "./load_config.ts";
import { type PresetName, presets } from "../../train/config/presets.ts";

/** Where the network is taken from for weights that come without a configuration. */
export interface NetworkFlags {
  /** A preset's name. */
  preset: PresetName | null;
  /** A JSON file of settings. */
  config: string | null;
}

/** The flags of {@linkcode NetworkFlags}; {@linkcode networkFields} override them. */
export const networkSchema: z.ZodType<NetworkFlags> = z.strictObject({
  preset: z.enum(Object.keys(presets) as PresetName[]).nullable()
    .describe(
      "network of weights that do not name theirs; --nnet and --process settings override it",
    ),
  config: z.string().min(1).nullable()
    .describe("the same from a JSON file of settings, such as a run's config.json"),
});

/** What to do where the network of weights is not known, and where it is named twice. */
export const NETWORK_REMEDIES: NetworkRemedies = {
  missing: "give --preset or --config, and the --nnet and --process settings that differ",
  twice: "leave --preset, --config, --nnet and --process out",
};

/** Defaults of {@linkcode networkSchema}'s flags. */
export const NETWORK_DEFAULTS: NetworkFlags = { preset: null, config: null };

/** The settings that weights without a configuration need. */
export function networkFields(): Field[] {
  return configFields()
    .filter(({ path }) => /^(nnet|process)\./.test(path) || path === "train.p_uncond");
}

/**
 * The configuration that the flags of a command line select; null where none of them names a
 * network.
 *
 * @throws {UsageError} with a line for each problem
 */
export async function networkConfig(given: Settings): Promise<Config | null> {
  const settings = flatten(nest(given), networkFields());
  const flags = flatten(nest(given), fieldsOf(networkSchema));
  if (flags.size === 0 && settings.size === 0) return null;
  const { preset, config } = networkSchema.parse({ ...NETWORK_DEFAULTS, ...nest(flags) });
  const source = { preset: preset ?? "quickstart", config };
  return (await configFrom(source, settings, DIFFUSION, { looks: false })).config;
}
