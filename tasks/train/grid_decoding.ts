import { openRunAutoencoder, type RunAutoencoder } from "../../eval/latents/run_autoencoder.ts";
import type { Config } from "../../train/config/config.ts";

/**
 * Opens the autoencoder that decodes a run's grids; null where none are drawn, or of images.
 *
 * @throws {CheckpointError} where the file is missing or something else
 * @throws {UsageError} where its latents have another number of channels
 */
export async function gridDecoding(config: Config): Promise<RunAutoencoder | null> {
  return config.sample.n_samples === 0 ? null : await openRunAutoencoder(config);
}
