import type { State } from "../../../engine/mod.ts";
import type { AutoencoderConfig } from "../../../nets/autoencoder_parameters.ts";

/**
 * An autoencoder's configuration, and where its weights come from.
 * @category Checkpoints
 */
export interface AutoencoderWeights {
  /** Its configuration, with the scale factor of its latents. */
  readonly config: AutoencoderConfig;
  /** Writes the weights that a state has tensors for, by the reference's names. */
  load(state: State): Promise<void>;
}

/**
 * Weights that are in memory.
 *
 * @param values by the reference's names, row-major
 * @category Checkpoints
 */
export function autoencoderOf(
  config: AutoencoderConfig,
  values: Readonly<Record<string, Float32Array>>,
): AutoencoderWeights {
  return {
    config,
    load(state) {
      for (const name of state.names) state.write(name, values[name]);
      return Promise.resolve();
    },
  };
}
