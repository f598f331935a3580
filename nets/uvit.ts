import {
  add,
  attention,
  cast,
  checkpoint,
  concat,
  constant,
  conv2d,
  cos,
  embedding,
  type FloatType,
  gelu,
  layerNorm,
  linear,
  mul,
  permute,
  reshape,
  silu,
  sin,
  slice,
  type Tensor,
} from "../engine/mod.ts";
import { byteText, type ByteTextParameters, byteTextParameters } from "./byte_text.ts";
import { conditioningOf, takesTexts } from "./conditioning.ts";
import {
  type ConvParameters,
  convParameters,
  type LinearParameters,
  type NormParameters,
  normParameters,
} from "./layers.ts";
import { checkInputs, type NetworkInputs } from "./network_inputs.ts";
import type { Initializer, MakeParameter } from "./parameters.ts";
import {
  type GateLayout,
  gateLayout,
  type GateParameters,
  gateParameters,
  scaleSkips,
  type SkipScaling,
  skipScaling,
} from "./skip_scaling.ts";

/**
 * Options of U-ViT; names and meaning are the reference's.
 * @category Networks
 */
export interface UVitConfig {
  /** Height and width of the images, a multiple of `patch_size`. */
  readonly img_size: number;
  /** Height and width of a patch, pixels. */
  readonly patch_size: number;
  /** Channels of the images. */
  readonly in_chans: number;
  /** Width of a token, D; a multiple of `num_heads`. */
  readonly embed_dim: number;
  /** Number of blocks without the middle one; even. */
  readonly depth: number;
  /** Attention heads of each block. */
  readonly num_heads: number;
  /** Width of the MLP's hidden layer, in multiples of `embed_dim`. */
  readonly mlp_ratio: number;
  /** Whether queries, keys and values have a bias. */
  readonly qkv_bias: boolean;
  /** Factor on `q k^T`; null: head width^-0.5. */
  readonly qk_scale: number | null;
  /** Whether two layers follow the sinusoidal time embedding. */
  readonly mlp_time_embed: boolean;
  /** Rows of the label embedding; -1 for an unconditional network. */
  readonly num_classes: number;
  /** Width of the tokens of a text that it is conditioned on in place of labels; null for none. */
  readonly clip_dim: number | null;
  /** Number of the tokens of a text. */
  readonly num_clip_token: number;
  /**
   * Blocks of its own text encoder, trained with it, which reads texts; 0: contexts come
   * from outside.
   */
  readonly text_depth: number;
  /** Attention heads of its own text encoder. */
  readonly text_heads: number;
  /** Whether the network ends with a 3 x 3 convolution on the image. */
  readonly conv: boolean;
  /** Whether it has long skip connections. */
  readonly skip: boolean;
  /** Recompute each block's activations in the backward pass instead of keeping them. */
  readonly use_checkpoint: boolean;
  /** Number of the skip scaling method. */
  readonly scalelong: SkipScaling;
  /** Base of the constant scaling, method 2. */
  readonly kappa: number;
}

/**
 * A transformer block over tokens of width D, pre-norm.
 * @category Networks
 */
export interface BlockParameters<T> {
  /** Layer norm before attention. */
  readonly norm1: NormParameters<T>;
  /** Attention: `qkv` is `[3 D, D]`, packed as (3, heads, head width), `proj` `[D, D]`. */
  readonly attn: { readonly qkv: LinearParameters<T>; readonly proj: LinearParameters<T> };
  /** Layer norm before the MLP. */
  readonly norm2: NormParameters<T>;
  /** The MLP: `fc1` is `[hidden, D]`, `fc2` `[D, hidden]`. */
  readonly mlp: { readonly fc1: LinearParameters<T>; readonly fc2: LinearParameters<T> };
  /** `[D, 2 D]`, in blocks that take a skip. */
  readonly skip_linear?: LinearParameters<T>;
}

/**
 * Parameters of U-ViT, for L tokens of width D; the paths to its leaves are the reference's checkpoint
 * keys.
 * @category Networks
 */
export interface UVitParameters<T> {
  /** Learned position embedding, `[1, L, D]`. */
  readonly pos_embed: T;
  /** Patches to tokens: `proj` is `[D, in_chans, patch_size, patch_size]`. */
  readonly patch_embed: { readonly proj: ConvParameters<T> };
  /** `[4 D, D]` and `[D, 4 D]`; empty without `mlp_time_embed`. */
  readonly time_embed: readonly LinearParameters<T>[];
  /** `[num_classes, D]`, of a network with labels. */
  readonly label_emb?: { readonly weight: T };
  /** Tokens of a text to those of the sequence: `[D, clip_dim]`, with `clip_dim`. */
  readonly context_embed?: LinearParameters<T>;
  /** Its own text encoder, with `text_depth`; the keys are CLIP's, `text_model.`. */
  readonly text?: ByteTextParameters<T>;
  /** Blocks before the middle, the outermost first. */
  readonly in_blocks: readonly BlockParameters<T>[];
  /** The block in the middle. */
  readonly mid_block: BlockParameters<T>;
  /** Blocks after the middle, the innermost first; they take the skips. */
  readonly out_blocks: readonly BlockParameters<T>[];
  /** Layer norm before the prediction. */
  readonly norm: NormParameters<T>;
  /** Tokens to patches, `[patch_size^2 in_chans, D]`. */
  readonly decoder_pred: LinearParameters<T>;
  /** 3 x 3 convolution on the image, with `conv`. */
  readonly final_layer?: ConvParameters<T>;
  /** Gates of width L: one (method 3), or one per skip, the innermost first (method 4). */
  readonly se: readonly GateParameters<T>[];
}

/**
 * Length L of the sequence: [label,] time, [text,] then the patches.
 * @category Networks
 */
export function uvitTokens(config: UVitConfig): number {
  return extrasOf(config) + (config.img_size / config.patch_size) ** 2;
}

/**
 * Describes every parameter of U-ViT in the order of the reference; see {@linkcode MakeParameter}.
 * @category Networks
 */
export function uvitParameters<T>(config: UVitConfig, make: MakeParameter<T>): UVitParameters<T> {
  const { embed_dim: dim, patch_size, in_chans, depth, mlp_ratio } = config;
  const normal02: Initializer = { kind: "normal", std: 0.02 };
  const linear02 = (
    name: string,
    out: number,
    fan_in: number,
    bias = true,
  ): LinearParameters<T> => ({
    weight: make(`${name}.weight`, [out, fan_in], normal02),
    bias: bias ? make(`${name}.bias`, [out], { kind: "zeros" }) : undefined,
  });
  const norm = (name: string) => normParameters(make, name, dim);
  const hidden = Math.floor(dim * mlp_ratio);
  const block = (name: string, skip: boolean): BlockParameters<T> => ({
    norm1: norm(`${name}.norm1`),
    attn: {
      qkv: linear02(`${name}.attn.qkv`, 3 * dim, dim, config.qkv_bias),
      proj: linear02(`${name}.attn.proj`, dim, dim),
    },
    norm2: norm(`${name}.norm2`),
    mlp: {
      fc1: linear02(`${name}.mlp.fc1`, hidden, dim),
      fc2: linear02(`${name}.mlp.fc2`, dim, hidden),
    },
    skip_linear: skip ? linear02(`${name}.skip_linear`, dim, 2 * dim) : undefined,
  });
  const blocks = (name: string, skip: boolean) =>
    Array.from({ length: depth / 2 }, (_, i) => block(`${name}.${i}`, skip));
  const tokens = uvitTokens(config);
  const conditioning = conditioningOf(config);
  return {
    pos_embed: make("pos_embed", [1, tokens, dim], normal02),
    patch_embed: { proj: convParameters(make, "patch_embed.proj", dim, in_chans, patch_size) },
    time_embed: config.mlp_time_embed
      ? [linear02("time_embed.0", 4 * dim, dim), linear02("time_embed.2", dim, 4 * dim)]
      : [],
    label_emb: conditioning.kind === "label"
      ? { weight: make("label_emb.weight", [conditioning.labels, dim], { kind: "normal", std: 1 }) }
      : undefined,
    context_embed: takesTexts(conditioning)
      ? linear02("context_embed", dim, config.clip_dim!)
      : undefined,
    text: conditioning.kind === "text" ? byteTextParameters(config, make) : undefined,
    in_blocks: blocks("in_blocks", false),
    mid_block: block("mid_block", false),
    out_blocks: blocks("out_blocks", config.skip),
    norm: norm("norm"),
    decoder_pred: linear02("decoder_pred", patch_size ** 2 * in_chans, dim),
    final_layer: config.conv
      ? convParameters(make, "final_layer", in_chans, in_chans, 3)
      : undefined,
    se: uvitGates(config).widths.map((width, n) =>
      gateParameters(make, gateName(config, n), width)
    ),
  };
}

/**
 * U-ViT (Bao et al., "All are Worth Words", CVPR 2023) with scaled long skip connections, conditioned on
 * nothing, labels or texts.
 *
 * @param params their type, f32 or f16, is that of all activations
 * @returns the noise prediction, of the shape of `x`, in f32
 * @throws {ShapeError} where the inputs do not match the configuration
 * @category Networks
 */
export function uvit(
  params: UVitParameters<Tensor>,
  { x, timesteps, condition, observe }: NetworkInputs,
  config: UVitConfig,
): Tensor {
  checkInputs("uvit", { x, condition }, config);
  const { embed_dim } = config;
  const [batch] = x.shape;
  const dtype = params.pos_embed.dtype as FloatType;
  const row = (token: Tensor) => reshape(token, [batch, 1, embed_dim]);
  const time = timeToken(params, cast(timestepEmbedding(timesteps, embed_dim), dtype));
  const patches = patchEmbed(params.patch_embed.proj, cast(x, dtype), config);
  const { label_emb, context_embed } = params;
  const label = condition && label_emb ? [row(embedding(label_emb.weight, condition))] : [];
  const context = condition && params.text ? byteText(params.text, condition, config) : condition;
  const text = context && context_embed
    ? [linear(cast(context, dtype), context_embed.weight, context_embed.bias)]
    : [];
  let h = add(concat([...label, row(time), ...text, patches], 1), params.pos_embed);

  const runBlock = (
    name: string,
    p: BlockParameters<Tensor>,
    input: Tensor,
    skip?: Tensor,
  ): Tensor => {
    const output = config.use_checkpoint
      ? checkpoint(() => block(p, input, config, skip))
      : block(p, input, config, skip);
    observe?.(name, output);
    return output;
  };
  const { gate_of } = uvitGates(config);
  const skips: Tensor[] = [];
  params.in_blocks.forEach((p, n) => skips.push(h = runBlock(`in_blocks.${n}`, p, h)));
  h = runBlock("mid_block", params.mid_block, h);
  const { scalelong: method, kappa } = config;
  const scaled = config.skip
    ? scaleSkips(skips, { method, kappa, gates: params.se, gate_of, observe })
    : [];
  params.out_blocks.forEach((p, n) => h = runBlock(`out_blocks.${n}`, p, h, scaled.pop()));

  h = layerNorm(h, params.norm);
  h = linear(h, params.decoder_pred.weight, params.decoder_pred.bias);
  h = unpatchify(slice(h, 1, extrasOf(config), h.shape[1]), config);
  const final = params.final_layer;
  if (final) h = conv2d(h, final.weight, { bias: final.bias, padding: 1 });
  return cast(h, "f32");
}

/**
 * Sinusoidal embedding `[batch, dim]` of timesteps `[batch]`: cosines first, then sines, of
 * frequencies 10000^(-j / (dim / 2)); an odd `dim` ends with a zero.
 * @category Networks
 */
export function timestepEmbedding(timesteps: Tensor, dim: number): Tensor {
  const half = Math.floor(dim / 2);
  const frequencies = Float32Array.from(
    { length: half },
    (_, j) => Math.exp(-Math.log(10000) * j / half),
  );
  const angles = mul(reshape(timesteps, [-1, 1]), constant(frequencies, [1, half]));
  const parts = [cos(angles), sin(angles)];
  if (dim % 2) parts.push(constant(new Float32Array(timesteps.size), [timesteps.size, 1]));
  return concat(parts, 1);
}

function timeToken({ time_embed }: UVitParameters<Tensor>, embedded: Tensor): Tensor {
  if (time_embed.length === 0) return embedded;
  const [first, second] = time_embed;
  return linear(silu(linear(embedded, first.weight, first.bias)), second.weight, second.bias);
}

/** `x + attention(norm(x))`, then `x + mlp(norm(x))`, after the skip is taken in. */
function block(
  p: BlockParameters<Tensor>,
  input: Tensor,
  { num_heads, embed_dim, qk_scale }: UVitConfig,
  skip?: Tensor,
): Tensor {
  let x = skip ? linear([input, skip], p.skip_linear!.weight, p.skip_linear!.bias) : input;
  const qkv = linear(layerNorm(x, p.norm1), p.attn.qkv.weight, p.attn.qkv.bias);
  const scale = qk_scale ?? (embed_dim / num_heads) ** -0.5;
  const mixed = attention(qkv, { heads: num_heads, scale });
  x = add(x, linear(mixed, p.attn.proj.weight, p.attn.proj.bias));
  const hidden = gelu(linear(layerNorm(x, p.norm2), p.mlp.fc1.weight, p.mlp.fc1.bias));
  return add(x, linear(hidden, p.mlp.fc2.weight, p.mlp.fc2.bias));
}

/** A convolution whose stride is its size, as a product with the flattened patches. */
function patchEmbed(
  proj: ConvParameters<Tensor>,
  x: Tensor,
  { patch_size: p, in_chans, img_size, embed_dim }: UVitConfig,
): Tensor {
  const side = img_size / p;
  const patches = permute(reshape(x, [-1, in_chans, side, p, side, p]), [0, 2, 4, 1, 3, 5]);
  const rows = reshape(patches, [-1, side * side, in_chans * p * p]);
  return linear(rows, reshape(proj.weight, [embed_dim, -1]), proj.bias);
}

/** Patches `[batch, side * side, p * p * C]` in (p1, p2, C) order to images. */
function unpatchify(x: Tensor, { patch_size: p, in_chans, img_size }: UVitConfig): Tensor {
  const side = img_size / p;
  const patches = reshape(x, [-1, side, side, p, p, in_chans]);
  return reshape(permute(patches, [0, 5, 1, 3, 2, 4]), [-1, in_chans, img_size, img_size]);
}

function uvitGates(config: UVitConfig): GateLayout {
  const skips = config.skip ? config.depth / 2 : 0;
  return gateLayout(config.scalelong, Array(skips).fill(uvitTokens(config)));
}

/** The reference's key of a gate, which has no index where there is only one. */
function gateName({ scalelong }: UVitConfig, n: number): string {
  return skipScaling(scalelong).gates === "shared" ? "se" : `se.${n}`;
}

/** Tokens that are no patches. */
function extrasOf(config: UVitConfig): number {
  const conditioning = conditioningOf(config);
  switch (conditioning.kind) {
    case "none":
      return 1;
    case "label":
      return 2;
    case "tokens":
    case "text":
      return 1 + conditioning.tokens;
  }
}
