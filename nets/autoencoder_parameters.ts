import { type AttentionBlockParameters, attentionBlockParameters } from "./attention_block.ts";
import {
  type ConvParameters,
  convParameters,
  type NormParameters,
  normParameters,
} from "./layers.ts";
import type { MakeParameter } from "./parameters.ts";
import { type ResnetBlockParameters, resnetBlockParameters } from "./resnet_block.ts";

/**
 * Options of the autoencoder; names and meaning are latent diffusion's.
 * @category Networks
 */
export interface AutoencoderConfig {
  /** Channels of the images. */
  readonly in_channels: number;
  /** Channels of the first level, a multiple of 32. */
  readonly ch: number;
  /** Channels by level, in `ch`; each level has half the height and width of the one before. */
  readonly ch_mult: readonly number[];
  /** Residual blocks of a level of the encoder; the decoder has one more. */
  readonly num_res_blocks: number;
  /** Channels that the encoder and the decoder have between them. */
  readonly z_channels: number;
  /** Channels of the latents. */
  readonly embed_dim: number;
  /**
   * What latents are multiplied with after encoding, and divided by before decoding. It makes their
   * standard deviation about 1, and so belongs to the data: weights do not determine it.
   */
  readonly scale_factor: number;
}

/**
 * Stable Diffusion's autoencoder, 83,653,863 parameters (Rombach et al., "High-Resolution Image
 * Synthesis with Latent Diffusion Models", CVPR 2022).
 * @category Networks
 */
export const STABLE_DIFFUSION_AUTOENCODER: AutoencoderConfig = {
  in_channels: 3,
  ch: 128,
  ch_mult: [1, 2, 4, 4],
  num_res_blocks: 2,
  z_channels: 4,
  embed_dim: 4,
  scale_factor: 0.18215,
};

/**
 * How much smaller latents are than images, in each direction.
 * @category Networks
 */
export function downsamplingOf({ ch_mult }: Pick<AutoencoderConfig, "ch_mult">): number {
  return 2 ** (ch_mult.length - 1);
}

/**
 * The blocks at the lowest resolution.
 * @category Networks
 */
export interface AutoencoderMidParameters<T> {
  /** Before the attention. */
  readonly block_1: ResnetBlockParameters<T>;
  /** Over all pixels. */
  readonly attn_1: AttentionBlockParameters<T>;
  /** After it. */
  readonly block_2: ResnetBlockParameters<T>;
}

/**
 * Parameters of the encoder and of `quant_conv`; the paths to their leaves are checkpoint keys.
 * @category Networks
 */
export interface EncoderParameters<T> {
  /** From images to features. */
  readonly encoder: {
    readonly conv_in: ConvParameters<T>;
    readonly down: readonly {
      readonly block: readonly ResnetBlockParameters<T>[];
      /** In all levels but the last. */
      readonly downsample?: { readonly conv: ConvParameters<T> };
    }[];
    readonly mid: AutoencoderMidParameters<T>;
    readonly norm_out: NormParameters<T>;
    readonly conv_out: ConvParameters<T>;
  };
  /** 1 x 1, from features to moments. */
  readonly quant_conv: ConvParameters<T>;
}

/**
 * Parameters of `post_quant_conv` and the decoder; the paths to their leaves are checkpoint keys.
 * @category Networks
 */
export interface DecoderParameters<T> {
  /** From features to images. */
  readonly decoder: {
    readonly conv_in: ConvParameters<T>;
    readonly mid: AutoencoderMidParameters<T>;
    /** The levels, the highest resolution first; the last runs first. */
    readonly up: readonly {
      readonly block: readonly ResnetBlockParameters<T>[];
      /** In all levels but the first. */
      readonly upsample?: { readonly conv: ConvParameters<T> };
    }[];
    readonly norm_out: NormParameters<T>;
    readonly conv_out: ConvParameters<T>;
  };
  /** 1 x 1, from latents to features. */
  readonly post_quant_conv: ConvParameters<T>;
}

/**
 * Describes every parameter of the encoder in the order of the reference.
 * @category Networks
 */
export function encoderParameters<T>(
  { in_channels, ch, ch_mult, num_res_blocks, z_channels, embed_dim }: AutoencoderConfig,
  make: MakeParameter<T>,
): EncoderParameters<T> {
  const widths = ch_mult.map((mult) => ch * mult);
  const last = widths.length - 1;
  const level = (out: number, level: number) => ({
    block: Array.from(
      { length: num_res_blocks },
      (_, n) =>
        resnetBlockParameters(make, `encoder.down.${level}.block.${n}`, {
          channels: n > 0 ? out : widths[level - 1] ?? ch,
          out,
          temb: 0,
        }),
    ),
    downsample: level < last
      ? { conv: convParameters(make, `encoder.down.${level}.downsample.conv`, out, out, 3) }
      : undefined,
  });
  return {
    encoder: {
      conv_in: convParameters(make, "encoder.conv_in", ch, in_channels, 3),
      down: widths.map(level),
      mid: midParameters(make, "encoder.mid", widths[last]),
      norm_out: normParameters(make, "encoder.norm_out", widths[last]),
      conv_out: convParameters(make, "encoder.conv_out", 2 * z_channels, widths[last], 3),
    },
    quant_conv: convParameters(make, "quant_conv", 2 * embed_dim, 2 * z_channels, 1),
  };
}

/**
 * Describes every parameter of the decoder in the order of the reference.
 * @category Networks
 */
export function decoderParameters<T>(
  { in_channels, ch, ch_mult, num_res_blocks, z_channels, embed_dim }: AutoencoderConfig,
  make: MakeParameter<T>,
): DecoderParameters<T> {
  const widths = ch_mult.map((mult) => ch * mult);
  const last = widths.length - 1;
  const level = (out: number, level: number) => ({
    block: Array.from(
      { length: num_res_blocks + 1 },
      (_, n) =>
        resnetBlockParameters(make, `decoder.up.${level}.block.${n}`, {
          channels: n > 0 ? out : widths[level + 1] ?? out,
          out,
          temb: 0,
        }),
    ),
    upsample: level > 0
      ? { conv: convParameters(make, `decoder.up.${level}.upsample.conv`, out, out, 3) }
      : undefined,
  });
  return {
    decoder: {
      conv_in: convParameters(make, "decoder.conv_in", widths[last], z_channels, 3),
      mid: midParameters(make, "decoder.mid", widths[last]),
      up: widths.map(level),
      norm_out: normParameters(make, "decoder.norm_out", widths[0]),
      conv_out: convParameters(make, "decoder.conv_out", in_channels, widths[0], 3),
    },
    post_quant_conv: convParameters(make, "post_quant_conv", z_channels, embed_dim, 1),
  };
}

/**
 * Describes every parameter of the autoencoder in the order of the reference.
 * @category Networks
 */
export function autoencoderParameters<T>(
  config: AutoencoderConfig,
  make: MakeParameter<T>,
): EncoderParameters<T> & DecoderParameters<T> {
  return { ...encoderParameters(config, make), ...decoderParameters(config, make) };
}

function midParameters<T>(
  make: MakeParameter<T>,
  name: string,
  channels: number,
): AutoencoderMidParameters<T> {
  const sizes = { channels, out: channels, temb: 0 };
  return {
    block_1: resnetBlockParameters(make, `${name}.block_1`, sizes),
    attn_1: attentionBlockParameters(make, `${name}.attn_1`, channels),
    block_2: resnetBlockParameters(make, `${name}.block_2`, sizes),
  };
}
