import {
  add,
  cast,
  checkpoint,
  concat,
  constant,
  conv2d,
  cos,
  dropout,
  embedding,
  type FloatType,
  groupNorm,
  linear,
  mul,
  reshape,
  silu,
  sin,
  type Tensor,
  upsampleNearest,
} from "../engine/mod.ts";
import {
  attentionBlock,
  type AttentionBlockParameters,
  attentionBlockParameters,
} from "./attention_block.ts";
import {
  type ConvParameters,
  convParameters,
  type LinearParameters,
  linearParameters,
  type NormParameters,
  normParameters,
} from "./layers.ts";
import { checkInputs, type NetworkInputs } from "./network_inputs.ts";
import type { MakeParameter } from "./parameters.ts";
import {
  GROUP_NORM,
  resnetBlock,
  type ResnetBlockParameters,
  resnetBlockParameters,
} from "./resnet_block.ts";
import {
  type GateLayout,
  gateLayout,
  type GateParameters,
  gateParameters,
  scaleSkips,
  type SkipScaling,
} from "./skip_scaling.ts";

/**
 * Options of the UNet; names and meaning are the PyTorch port's where it has them.
 * @category Networks
 */
export interface UNetConfig {
  /** Height and width of the images, a multiple of `2^(levels - 1)`. */
  readonly img_size: number;
  /** Channels of the images. */
  readonly in_chans: number;
  /** Channels of the first level, a multiple of 32. */
  readonly ch: number;
  /** Channels by level, in `ch`; each level has half the height and width of the one before. */
  readonly ch_mult: readonly number[];
  /** Residual blocks of a level on the way down; one more on the way up. */
  readonly num_res_blocks: number;
  /** Heights, pixels, at which attention follows each residual block. */
  readonly attn_resolutions: readonly number[];
  /** Dropout probability inside residual blocks, in training. */
  readonly dropout: number;
  /** Rows of the label embedding; -1 for an unconditional network. */
  readonly num_classes: number;
  /** Recompute each block's activations in the backward pass instead of keeping them. */
  readonly use_checkpoint: boolean;
  /** Number of the skip scaling method. */
  readonly scalelong: SkipScaling;
  /** Base of the constant scaling, method 2. */
  readonly kappa: number;
  /** What the exponent of kappa counts from the outside in: skips, or their resolutions. */
  readonly kappa_index: "skip" | "resolution";
}

/**
 * A level on the way down.
 * @category Networks
 */
export interface DownParameters<T> {
  /** Its residual blocks, `num_res_blocks`. */
  readonly block: readonly ResnetBlockParameters<T>[];
  /** One for each block, at resolutions with attention. */
  readonly attn: readonly AttentionBlockParameters<T>[];
  /** In all levels but the last. */
  readonly downsample?: { readonly conv: ConvParameters<T> };
}

/**
 * A level on the way up.
 * @category Networks
 */
export interface UpParameters<T> {
  /** Its residual blocks, `num_res_blocks + 1`; each takes a skip. */
  readonly block: readonly ResnetBlockParameters<T>[];
  /** One for each block, at resolutions with attention. */
  readonly attn: readonly AttentionBlockParameters<T>[];
  /** In all levels but the first. */
  readonly upsample?: { readonly conv: ConvParameters<T> };
}

/**
 * Parameters of the UNet; the paths to its leaves are the PyTorch port's checkpoint keys.
 * @category Networks
 */
export interface UNetParameters<T> {
  /** The two layers on the time embedding, of width `4 ch`. */
  readonly temb: { readonly dense: readonly LinearParameters<T>[] };
  /** `[num_classes, 4 ch]`, of a conditional network. */
  readonly label_emb?: { readonly weight: T };
  /** 3 x 3, from the image to `ch` channels. */
  readonly conv_in: ConvParameters<T>;
  /** The levels on the way down, the highest resolution first. */
  readonly down: readonly DownParameters<T>[];
  /** The blocks between the ways down and up. */
  readonly mid: {
    readonly block_1: ResnetBlockParameters<T>;
    readonly attn_1: AttentionBlockParameters<T>;
    readonly block_2: ResnetBlockParameters<T>;
  };
  /** The levels on the way up, the highest resolution first. */
  readonly up: readonly UpParameters<T>[];
  /** Group norm before the last convolution. */
  readonly norm_out: NormParameters<T>;
  /** 3 x 3, to the channels of the image. */
  readonly conv_out: ConvParameters<T>;
  /** Gates in the order of their first use: one per width (method 3), or one per skip (method 4). */
  readonly se: readonly GateParameters<T>[];
}

/**
 * A long skip connection.
 * @category Networks
 */
export interface UNetSkip {
  /** Its width. */
  readonly channels: number;
  /** Which level's height and width it has; 0 is the first. */
  readonly level: number;
}

/** Philox stream of the first block's dropout; those of the other blocks follow. */
const DROPOUT_STREAM = 16;

/**
 * The long skips `s_1` (outermost) to `s_N`, in order.
 * @category Networks
 */
export function unetSkips(
  { ch, ch_mult, num_res_blocks }: Pick<UNetConfig, "ch" | "ch_mult" | "num_res_blocks">,
): UNetSkip[] {
  const skips: UNetSkip[] = [{ channels: ch, level: 0 }];
  ch_mult.forEach((mult, level) => {
    for (let n = 0; n < num_res_blocks; n++) skips.push({ channels: ch * mult, level });
    if (level < ch_mult.length - 1) skips.push({ channels: ch * mult, level: level + 1 });
  });
  return skips;
}

/**
 * Describes every parameter of the UNet in the order of the PyTorch port.
 * @category Networks
 */
export function unetParameters<T>(config: UNetConfig, make: MakeParameter<T>): UNetParameters<T> {
  const { ch, ch_mult, in_chans, num_res_blocks, num_classes } = config;
  const temb = 4 * ch;
  const last = ch_mult.length - 1;
  const widths = ch_mult.map((mult) => ch * mult);
  const resnet = (name: string, channels: number, out: number) =>
    resnetBlockParameters(make, name, { channels, out, temb });
  const attentions = (name: string, level: number, blocks: number) =>
    Array.from(
      { length: hasAttention(config, level) ? blocks : 0 },
      (_, n) => attentionBlockParameters(make, `${name}.attn.${n}`, widths[level]),
    );
  const resample = (name: string, level: number, exists: boolean) =>
    exists
      ? { conv: convParameters(make, `${name}.conv`, widths[level], widths[level], 3) }
      : undefined;
  const down = (out: number, level: number): DownParameters<T> => ({
    block: Array.from(
      { length: num_res_blocks },
      (_, n) => resnet(`down.${level}.block.${n}`, n > 0 ? out : widths[level - 1] ?? ch, out),
    ),
    attn: attentions(`down.${level}`, level, num_res_blocks),
    downsample: resample(`down.${level}.downsample`, level, level < last),
  });
  const skips = unetSkips(config);
  const up = (out: number, level: number): UpParameters<T> => {
    const before = (last - level) * (num_res_blocks + 1);
    return {
      block: Array.from({ length: num_res_blocks + 1 }, (_, n) => {
        const { channels } = skips[skips.length - 1 - before - n];
        return resnet(
          `up.${level}.block.${n}`,
          channels + (n > 0 ? out : widths[level + 1] ?? out),
          out,
        );
      }),
      attn: attentions(`up.${level}`, level, num_res_blocks + 1),
      upsample: resample(`up.${level}.upsample`, level, level > 0),
    };
  };
  return {
    temb: {
      dense: [
        linearParameters(make, "temb.dense.0", temb, ch),
        linearParameters(make, "temb.dense.1", temb, temb),
      ],
    },
    label_emb: num_classes > 0
      ? { weight: make("label_emb.weight", [num_classes, temb], { kind: "normal", std: 1 }) }
      : undefined,
    conv_in: convParameters(make, "conv_in", ch, in_chans, 3),
    down: widths.map(down),
    mid: {
      block_1: resnet("mid.block_1", widths[last], widths[last]),
      attn_1: attentionBlockParameters(make, "mid.attn_1", widths[last]),
      block_2: resnet("mid.block_2", widths[last], widths[last]),
    },
    up: widths.map(up),
    norm_out: normParameters(make, "norm_out", ch),
    conv_out: convParameters(make, "conv_out", in_chans, ch, 3),
    se: unetGates(config).widths.map((width, n) => gateParameters(make, `se.${n}`, width)),
  };
}

/**
 * The UNet of Ho et al., "Denoising Diffusion Probabilistic Models", NeurIPS 2020, with scaled long
 * skip connections: each is scaled as it is taken from the stack, before the concatenation.
 *
 * The methods and the exponent i - 1 of CS are ScaleLong's (Huang et al., NeurIPS 2023). Ours are
 * `kappa_index: "resolution"` (all skips of one resolution share a factor), and that the shared LS
 * gate is one per width, as skips of different widths cannot share one.
 *
 * @param params their type, f32 or f16, is that of all activations
 * @returns the noise prediction, of the shape of `x`, in f32
 * @throws {ShapeError} where the inputs do not match the configuration
 * @category Networks
 */
export function unet(
  params: UNetParameters<Tensor>,
  { x, timesteps, condition, key, observe }: NetworkInputs,
  config: UNetConfig,
): Tensor {
  checkInputs("unet", { x, condition }, config);
  const { ch } = config;
  const [first, second] = params.temb.dense;
  const dtype = params.conv_in.weight.dtype as FloatType;
  let temb = linear(cast(unetTimestepEmbedding(timesteps, ch), dtype), first.weight, first.bias);
  temb = linear(silu(temb), second.weight, second.bias);
  if (condition) temb = add(temb, embedding(params.label_emb!.weight, condition));
  const time = silu(temb);

  let blocks = 0;
  const region = (name: string, trace: () => Tensor): Tensor => {
    const output = config.use_checkpoint ? checkpoint(trace) : trace();
    observe?.(name, output);
    return output;
  };
  const resnet = (name: string, p: ResnetBlockParameters<Tensor>, parts: readonly Tensor[]) => {
    const stream = DROPOUT_STREAM + blocks++;
    const drop = key && ((h: Tensor) => dropout(h, config.dropout, key, stream));
    return region(name, () => resnetBlock(p, concat(parts, 1), { time, drop }));
  };
  const attend = (name: string, p: AttentionBlockParameters<Tensor> | undefined, input: Tensor) =>
    p ? region(name, () => attentionBlock(p, input)) : input;

  let h = conv2d(cast(x, dtype), params.conv_in.weight, { bias: params.conv_in.bias, padding: 1 });
  const skips = [h];
  params.down.forEach(({ block, attn, downsample }, level) => {
    block.forEach((p, n) => {
      h = resnet(`down.${level}.block.${n}`, p, [h]);
      h = attend(`down.${level}.attn.${n}`, attn[n], h);
      skips.push(h);
    });
    if (downsample) {
      const { weight, bias } = downsample.conv;
      h = conv2d(h, weight, { bias, stride: 2, padding: { top: 0, bottom: 1, left: 0, right: 1 } });
      skips.push(h);
    }
  });

  h = resnet("mid.block_1", params.mid.block_1, [h]);
  h = attend("mid.attn_1", params.mid.attn_1, h);
  h = resnet("mid.block_2", params.mid.block_2, [h]);

  const scaled = scaleSkips(skips, {
    method: config.scalelong,
    kappa: config.kappa,
    kappa_indices: config.kappa_index === "resolution"
      ? unetSkips(config).map(({ level }) => level + 1)
      : undefined,
    gates: params.se,
    gate_of: unetGates(config).gate_of,
    observe,
  });
  [...params.up.entries()].reverse().forEach(([level, { block, attn, upsample }]) => {
    block.forEach((p, n) => {
      h = resnet(`up.${level}.block.${n}`, p, [h, scaled.pop()!]);
      h = attend(`up.${level}.attn.${n}`, attn[n], h);
    });
    if (upsample) {
      h = conv2d(upsampleNearest(h), upsample.conv.weight, {
        bias: upsample.conv.bias,
        padding: 1,
      });
    }
  });

  h = silu(groupNorm(h, { ...params.norm_out, ...GROUP_NORM }));
  h = conv2d(h, params.conv_out.weight, { bias: params.conv_out.bias, padding: 1 });
  return cast(h, "f32");
}

/**
 * Sinusoidal embedding `[batch, dim]` of timesteps `[batch]`: sines first, then cosines, of
 * frequencies 10000^(-j / (dim / 2 - 1)); `dim` is even and at least 4.
 * @category Networks
 */
export function unetTimestepEmbedding(timesteps: Tensor, dim: number): Tensor {
  const half = dim / 2;
  const frequencies = Float32Array.from(
    { length: half },
    (_, j) => Math.exp(-Math.log(10000) * j / (half - 1)),
  );
  const angles = mul(reshape(timesteps, [-1, 1]), constant(frequencies, [1, half]));
  return concat([sin(angles), cos(angles)], 1);
}

function hasAttention({ img_size, attn_resolutions }: UNetConfig, level: number): boolean {
  return attn_resolutions.includes(img_size / 2 ** level);
}

function unetGates(config: UNetConfig): GateLayout {
  return gateLayout(config.scalelong, unetSkips(config).map(({ channels }) => channels).reverse());
}
