import {
  affine,
  cast,
  conv2d,
  type FloatType,
  type Shape,
  ShapeError,
  type Tensor,
} from "../engine/mod.ts";
import { attentionBlock } from "./attention_block.ts";
import {
  type AutoencoderConfig,
  type AutoencoderMidParameters,
  type DecoderParameters,
  downsamplingOf,
  type EncoderParameters,
} from "./autoencoder_parameters.ts";
import {
  convolveBands,
  downsampleBands,
  readBands,
  readNormSilu,
  readUpsampled,
  resnetBlockBands,
} from "./banded_blocks.ts";
import { resnetBlock } from "./resnet_block.ts";
import {
  bandEdges,
  edgesOf,
  elementBytes,
  joinBands,
  regroupBands,
  type RowBands,
} from "./row_bands.ts";

/**
 * How the autoencoder is computed; the result does not depend on it but for rounding.
 * @category Networks
 */
export interface AutoencoderOptions {
  /**
   * Most bytes of a tensor, as an adapter binds them: levels that exceed it are computed in bands of
   * rows. Default: any.
   */
  readonly maxTensorBytes?: number;
}

/**
 * The largest tensor `[channels, height, width]` of each level of the encoder, for an image.
 * @category Networks
 */
export function encoderLevels(
  { ch, ch_mult }: Pick<AutoencoderConfig, "ch" | "ch_mult">,
  { height, width }: { readonly height: number; readonly width: number },
): Shape[] {
  const widths = ch_mult.map((mult) => ch * mult);
  return widths.map((out, level) => [
    Math.max(out, widths[level - 1] ?? ch),
    ...[height, width].map((n) => n / 2 ** level),
  ]);
}

/**
 * The largest tensor `[channels, height, width]` of each level of the decoder, for an image.
 * @category Networks
 */
export function decoderLevels(
  { ch, ch_mult }: Pick<AutoencoderConfig, "ch" | "ch_mult">,
  { height, width }: { readonly height: number; readonly width: number },
): Shape[] {
  const widths = ch_mult.map((mult) => ch * mult);
  return widths.map((out, level) => [
    Math.max(out, widths[level + 1] ?? out),
    ...[height, width].map((n) => n / 2 ** level),
  ]);
}

/**
 * The moments of images' latents: channels of means, then as many of log variances. They do not
 * contain the scale factor; see {@linkcode latentMode} and {@linkcode sampleLatents}.
 *
 * @param params their type, f32 or f16, is that of all activations
 * @param images `[batch, in_channels, height, width]` in [-1, 1], both multiples of the downsampling
 * @returns `[batch, 2 embed_dim, height / f, width / f]`, in f32
 * @throws {ShapeError} for other images, or where rows do not fit the most bytes
 * @category Networks
 */
export function encodeImages(
  params: EncoderParameters<Tensor>,
  images: Tensor,
  config: AutoencoderConfig,
  { maxTensorBytes = Infinity }: AutoencoderOptions = {},
): Tensor {
  const { encoder, quant_conv } = params;
  const [batch, channels, height, width] = images.shape;
  const f = downsamplingOf(config);
  if (images.shape.length !== 4 || channels !== config.in_channels || height % f || width % f) {
    throw new ShapeError(
      `autoencoder: takes images [batch, ${config.in_channels}, height, width] with height and ` +
        `width multiples of ${f}, not [${images.shape}]`,
    );
  }
  const dtype = encoder.conv_in.weight.dtype as FloatType;
  const edges = encoderLevels(config, { height, width })
    .map((shape) => bandEdges([batch, ...shape], dtype, maxTensorBytes));
  let h = convolveBands(readBands([cast(images, dtype)]), encoder.conv_in, edges[0]);
  encoder.down.forEach(({ block, downsample }, level) => {
    for (const p of block) h = resnetBlockBands(p, h);
    if (downsample) h = regroupBands(downsampleBands(h, downsample.conv), edges[level + 1]);
  });
  h = [midBlocks(encoder.mid, h, maxTensorBytes)];
  const [out] = convolveBands(readNormSilu(h, encoder.norm_out), encoder.conv_out, edgesOf(h));
  return cast(conv2d(out, quant_conv.weight, { bias: quant_conv.bias }), "f32");
}

/**
 * Images from latents: these are divided by the scale factor first, and need not be exact.
 *
 * @param params their type, f32 or f16, is that of all activations
 * @param latents `[batch, embed_dim, height / f, width / f]`
 * @returns `[batch, in_channels, height, width]`, about [-1, 1] but not clipped, in f32
 * @throws {ShapeError} for other latents, or where rows do not fit the most bytes
 * @category Networks
 */
export function decodeLatents(
  params: DecoderParameters<Tensor>,
  latents: Tensor,
  config: AutoencoderConfig,
  { maxTensorBytes = Infinity }: AutoencoderOptions = {},
): Tensor {
  const { decoder, post_quant_conv } = params;
  const [batch, channels, height, width] = latents.shape;
  if (latents.shape.length !== 4 || channels !== config.embed_dim) {
    throw new ShapeError(
      `autoencoder: takes latents [batch, ${config.embed_dim}, height, width], not ` +
        `[${latents.shape}]`,
    );
  }
  const dtype = decoder.conv_in.weight.dtype as FloatType;
  const f = downsamplingOf(config);
  const edges = decoderLevels(config, { height: f * height, width: f * width })
    .map((shape) => bandEdges([batch, ...shape], dtype, maxTensorBytes));
  const z = cast(affine(latents, 1 / config.scale_factor), dtype);
  const first = conv2d(z, post_quant_conv.weight, { bias: post_quant_conv.bias });
  let h: RowBands = convolveBands(readBands([first]), decoder.conv_in, edges[edges.length - 1]);
  h = [midBlocks(decoder.mid, h, maxTensorBytes)];
  [...decoder.up.entries()].reverse().forEach(([level, { block, upsample }]) => {
    for (const p of block) h = resnetBlockBands(p, h);
    if (upsample) h = convolveBands(readUpsampled(h), upsample.conv, edges[level - 1]);
  });
  const images = convolveBands(readNormSilu(h, decoder.norm_out), decoder.conv_out, edges[0]);
  return cast(joinBands(images), "f32");
}

/** The blocks of the lowest resolution, whose attention is over all pixels. */
function midBlocks(
  { block_1, attn_1, block_2 }: AutoencoderMidParameters<Tensor>,
  bands: RowBands,
  maxTensorBytes: number,
): Tensor {
  if (bands.length > 1) {
    const [, , , width] = bands[0].shape;
    throw new ShapeError(
      `autoencoder: latents of ${edgesOf(bands).at(-1)} x ${width} do not fit a tensor of ` +
        `${maxTensorBytes} bytes: use smaller images or a smaller batch`,
    );
  }
  const h = resnetBlock(block_1, bands[0]);
  const [batch, , height, width] = h.shape;
  const scoreBytes = batch * (height * width) ** 2 * elementBytes(h.dtype as FloatType);
  const parts = Math.max(1, Math.ceil(scoreBytes / maxTensorBytes));
  return resnetBlock(block_2, attentionBlock(attn_1, h, parts));
}
