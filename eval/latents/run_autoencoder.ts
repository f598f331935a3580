import { counted } from "../../engine/counted.ts";
import type { AutoencoderConfig } from "../../nets/autoencoder_parameters.ts";
import {
  AUTOENCODER_SOURCES,
  type AutoencoderFile,
  openAutoencoder,
} from "../../train/checkpoints/autoencoder/open_autoencoder.ts";
import type { Config } from "../../train/config/config.ts";
import { isLatent } from "../../train/config/latent_rules.ts";
import { UsageError } from "../../train/config/usage_error.ts";
import type { DataIdentity } from "../../train/data/data_identity.ts";
import { type LatentDecoding, latentDecoding } from "./latent_decoding.ts";

/** The autoencoder that decodes what is drawn; null leaves the choice to the training configuration. */
export interface AutoencoderChoice {
  /** The file of its weights. */
  readonly weights: string | null;
  /** What latents were multiplied by for the network. */
  readonly scale_factor: number | null;
}

/** The autoencoder that decodes what a network of latents draws, open until it is disposed of. */
export interface RunAutoencoder extends Disposable {
  /** The file that was opened. */
  readonly file: string;
  /** Lines on how the file was chosen. */
  readonly notes: readonly string[];
  /** The autoencoder; its own scale factor is the same. */
  readonly config: AutoencoderConfig;
  /** What latents were multiplied by for the network. */
  readonly scale_factor: number;
  /** Makes images of what is drawn. */
  readonly decoding: LatentDecoding;
  /** SHA-256 of its weights, hexadecimal; the file is read for it, once. */
  sha256(): string;
}

/**
 * Opens the autoencoder that decodes what a run's network draws; null where that draws images.
 *
 * @throws {CheckpointError} where the file is missing or something else
 * @throws {UsageError} where none is named, or not needed, or its latents have other channels
 */
export async function openRunAutoencoder(
  config: Config,
  choice: AutoencoderChoice = { weights: null, scale_factor: null },
): Promise<RunAutoencoder | null> {
  const scale_factor = choice.scale_factor ?? config.autoencoder.scale_factor;
  const weights = choice.weights ?? config.autoencoder.weights;
  if (!isLatent(config)) {
    const given = (["weights", "scale_factor"] as const).filter((name) => choice[name] !== null);
    if (given.length === 0) return null;
    throw new UsageError(
      given.map((name) => `autoencoder.${name}: this network draws images; leave it out`),
    );
  }
  if (weights === null) {
    throw new UsageError(
      "autoencoder.weights: this network draws latents; name the weights of the autoencoder that " +
        `its features were made with (${AUTOENCODER_SOURCES})`,
    );
  }
  const file = await openAutoencoder(weights, { scale_factor });
  try {
    mustFit(file, config);
  } catch (error) {
    file[Symbol.dispose]();
    throw error;
  }
  let digest: string | null = null;
  return {
    file: file.file,
    notes: file.notes,
    config: file.config,
    scale_factor,
    decoding: latentDecoding(file),
    sha256: () => digest ??= file.sha256(),
    [Symbol.dispose]: () => file[Symbol.dispose](),
  };
}

/** @throws {UsageError} where its latents have another number of channels than the network's */
function mustFit({ file, config: { embed_dim } }: AutoencoderFile, { nnet }: Config): void {
  if (embed_dim === nnet.in_chans) return;
  throw new UsageError(
    `autoencoder.weights: the latents of ${file} have ${
      counted(embed_dim, "channel")
    }, the network's ${nnet.in_chans}; name the autoencoder that the features were made with`,
  );
}

/**
 * Lines on how the autoencoder that decodes was chosen, and on what differs from what the data were
 * encoded with.
 *
 * @param what will look wrong: "images"
 */
export function autoencoderNotes(
  { file, notes, scale_factor, sha256 }: RunAutoencoder,
  latents: DataIdentity["latents"],
  what: string,
): string[] {
  const { autoencoder = null, scale_factor: factor = null } = latents ?? {};
  return [
    ...notes,
    ...autoencoder !== null && autoencoder !== sha256()
      ? [
        `${file} is not the autoencoder that the features were made with: ${what} will look wrong`,
      ]
      : [],
    ...factor !== null && factor !== scale_factor
      ? [
        `the scale factor is ${scale_factor}, and the network was trained on latents multiplied by ` +
        `${factor}: ${what} will look wrong`,
      ]
      : [],
  ];
}
