import { type Capabilities, type Layout, StateLayout } from "../../engine/mod.ts";
import { type AutoencoderConfig, downsamplingOf } from "../../nets/autoencoder_parameters.ts";
import type { Config } from "../../train/config/config.ts";
import type { ImageNetworkNeed } from "../latents/image_network.ts";
import { decoderLayout, decoderMemory } from "../latents/latent_decoder.ts";

/** Height and width of the images that a run draws, decoded where they are latents. */
export function drawnSize(
  { nnet: { img_size } }: Pick<Config, "nnet">,
  decoder: AutoencoderConfig | null,
): number {
  return decoder ? img_size * downsamplingOf(decoder) : img_size;
}

/**
 * What decoding `n` of a run's latents takes on the device, what is read of them included; it is there
 * only meanwhile.
 */
export function decodingMemory(
  capabilities: Capabilities,
  config: Pick<Config, "nnet">,
  decoder: AutoencoderConfig,
  n: number,
): ImageNetworkNeed {
  const { size, batch } = batchOf(capabilities, config, decoder, n);
  const need = decoderMemory(capabilities, decoder, size, { batch });
  const side = drawnSize(config, decoder);
  const read = new StateLayout({ y: [batch, decoder.in_channels, side, side] }, "y").bytes;
  return { ...need, bytes: need.bytes + read };
}

/** The kernels that decode `n` of a run's latents, and how often they run. */
export function decodingRuns(
  capabilities: Capabilities,
  config: Pick<Config, "nnet">,
  decoder: AutoencoderConfig,
  n: number,
): { readonly layout: Layout; readonly runs: number } {
  const { size, batch } = batchOf(capabilities, config, decoder, n);
  const layout = decoderLayout(capabilities, decoder, size, { batch });
  return { layout, runs: Math.ceil(n / batch) };
}

function batchOf(
  capabilities: Capabilities,
  { nnet: { img_size } }: Pick<Config, "nnet">,
  decoder: AutoencoderConfig,
  n: number,
) {
  const size = { height: img_size, width: img_size };
  return { size, batch: Math.min(n, decoderMemory(capabilities, decoder, size).batch) };
}
