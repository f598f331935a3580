import { counted } from "../../engine/counted.ts";
import { type LatentDecoding, latentDecoding } from "../../eval/latents/latent_decoding.ts";
import {
  type AutoencoderFile,
  openAutoencoder,
} from "../../train/checkpoints/autoencoder/open_autoencoder.ts";
import type { Config } from "../../train/config/config.ts";
import { isLatent } from "../../train/config/latent_rules.ts";
import { UsageError } from "../../train/config/usage_error.ts";
import type { LatentOrigin } from "../../train/data/image_source.ts";

/** What decodes the grids of a run on latents. */
export interface GridDecoding {
  /** Makes images of what is drawn. */
  readonly decoding: LatentDecoding;
  /** The open file of the weights. */
  readonly file: AutoencoderFile;
}

/**
 * Opens the autoencoder that decodes a run's grids; null where none are drawn, or of images.
 *
 * @throws {CheckpointError} where the file is missing or something else
 * @throws {UsageError} where its latents have another number of channels
 */
export async function gridDecoding(config: Config): Promise<GridDecoding | null> {
  const { autoencoder: { weights, scale_factor }, nnet: { in_chans }, sample } = config;
  if (!isLatent(config) || weights === null || sample.n_samples === 0) return null;
  const file = await openAutoencoder(weights, { scale_factor });
  if (file.config.embed_dim === in_chans) return { decoding: latentDecoding(file), file };
  file[Symbol.dispose]();
  throw new UsageError(
    `autoencoder.weights: the latents of ${weights} have ${
      counted(file.config.embed_dim, "channel")
    }, the network's ${in_chans}; name the autoencoder that the features were made with`,
  );
}

/** A line where the features were made with another autoencoder than the one that decodes; else null. */
export function otherAutoencoder(
  file: AutoencoderFile,
  latents: LatentOrigin | undefined,
): string | null {
  const made = latents?.autoencoder ?? null;
  return made === null || made === file.sha256()
    ? null
    : `${file.file} is not the autoencoder that the features were made with: grids will look wrong`;
}
