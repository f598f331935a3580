import { type AutoencoderPresets, autoencoderPresets } from "./autoencoder_presets.ts";
import type { RunConfig } from "./autoencoder_run_config.ts";
import { type Presets, presets } from "./presets.ts";
import { UsageError } from "./usage_error.ts";

/** A name that `--preset` takes where any network can be trained. */
export type RunPresetName = keyof Presets | keyof AutoencoderPresets;

/** Configurations of all networks to start from. */
export const runPresets: Readonly<Record<RunPresetName, RunConfig>> = {
  ...presets,
  ...autoencoderPresets,
};

/**
 * The preset of the same setting for another network: `cifar10` for "unet" is `cifar10_unet`.
 *
 * @param network default: the preset's own
 * @throws {UsageError} where there is none
 */
export function presetOf(
  name: RunPresetName,
  network: unknown = runPresets[name].nnet.name,
): RunPresetName {
  const base = name.replace(/_(unet|autoencoder)$/, "");
  const counterpart = network === "uvit" ? base : `${base}_${network}`;
  if (Object.hasOwn(runPresets, counterpart)) return counterpart as RunPresetName;
  throw new UsageError(
    `nnet.name: the preset ${name} is of another network, and has no counterpart for ${network}; ` +
      "take another preset",
  );
}

/** The preset of a data set's name, and of a network's, where none is requested. */
export function presetForDataset(dataset: unknown, network: unknown): RunPresetName {
  if (network === "autoencoder") return dataset === "folder" ? "folder" : "quickstart";
  if (dataset === "captioned_shapes") return "quickstart_t2i";
  return dataset === "folder" || dataset === "features" ? dataset : "quickstart";
}
