import {
  add,
  affine,
  attention,
  layerNorm,
  linear,
  mul,
  type Shape,
  ShapeError,
  sigmoid,
  slice,
  type Tensor,
} from "../engine/mod.ts";
import { type LinearParameters, type NormParameters, normParameters } from "./layers.ts";
import type { Observe } from "./observe.ts";
import type { Initializer, MakeParameter } from "./parameters.ts";

/**
 * Options of CLIP's text encoder; names and meaning are those of the `config.json` beside its weights.
 * @category Networks
 */
export interface ClipTextConfig {
  /** Rows of the token table. */
  readonly vocab_size: number;
  /** Width of a token, D; a multiple of `num_attention_heads`. */
  readonly hidden_size: number;
  /** Width of the MLP's hidden layer. */
  readonly intermediate_size: number;
  /** Number of blocks. */
  readonly num_hidden_layers: number;
  /** Attention heads of each block. */
  readonly num_attention_heads: number;
  /** Length L of the sequence. */
  readonly max_position_embeddings: number;
}

/**
 * The text encoder of CLIP ViT-L/14, which Stable Diffusion 1 and U-ViT's text to image take:
 * 123,060,480 parameters.
 * @category Networks
 */
export const CLIP_VIT_L_14: ClipTextConfig = {
  vocab_size: 49408,
  hidden_size: 768,
  intermediate_size: 3072,
  num_hidden_layers: 12,
  num_attention_heads: 12,
  max_position_embeddings: 77,
};

/**
 * A block of CLIP's text encoder over tokens of width D, pre-norm.
 * @category Networks
 */
export interface ClipLayerParameters<T> {
  /** Layer norm before attention. */
  readonly layer_norm1: NormParameters<T>;
  /** Attention; all four are `[D, D]`. */
  readonly self_attn: {
    /** Queries. */
    readonly q_proj: LinearParameters<T>;
    /** Keys. */
    readonly k_proj: LinearParameters<T>;
    /** Values. */
    readonly v_proj: LinearParameters<T>;
    /** The projection of the result. */
    readonly out_proj: LinearParameters<T>;
  };
  /** Layer norm before the MLP. */
  readonly layer_norm2: NormParameters<T>;
  /** The MLP: `fc1` is `[intermediate_size, D]`, `fc2` `[D, intermediate_size]`. */
  readonly mlp: { readonly fc1: LinearParameters<T>; readonly fc2: LinearParameters<T> };
}

/**
 * Parameters of CLIP's text encoder without its token table, whose rows are the network's input; the
 * paths to its leaves are the keys of its files.
 * @category Networks
 */
export interface ClipTextParameters<T> {
  /** What the files have beside the image encoder's. */
  readonly text_model: {
    /** Learned position embedding, `[L, D]`. */
    readonly embeddings: { readonly position_embedding: { readonly weight: T } };
    /** The blocks. */
    readonly encoder: { readonly layers: readonly ClipLayerParameters<T>[] };
    /** Layer norm of the last hidden state. */
    readonly final_layer_norm: NormParameters<T>;
  };
}

/**
 * The key and shape of the token table, `[vocab_size, D]`. ViT-L/14's is larger than the binding that
 * every WebGPU adapter allows: rows are gathered on the host.
 * @category Networks
 */
export function clipTokenTable(
  { vocab_size, hidden_size }: ClipTextConfig,
): { readonly name: string; readonly shape: Shape } {
  return {
    name: "text_model.embeddings.token_embedding.weight",
    shape: [vocab_size, hidden_size],
  };
}

/**
 * Describes every parameter of CLIP's text encoder but the token table, with its authors' initial
 * values; see {@linkcode MakeParameter}.
 * @category Networks
 */
export function clipTextParameters<T>(
  config: ClipTextConfig,
  make: MakeParameter<T>,
): ClipTextParameters<T> {
  const { hidden_size: dim, intermediate_size: hidden, num_hidden_layers: depth } = config;
  const projection = (name: string, out: number, fan_in: number, std: number) => ({
    weight: make(`${name}.weight`, [out, fan_in], { kind: "normal", std }),
    bias: make(`${name}.bias`, [out], { kind: "zeros" }),
  });
  const std = dim ** -0.5;
  const residual = std * (2 * depth) ** -0.5;
  const positions: Initializer = { kind: "normal", std: 0.02 };
  const layer = (name: string): ClipLayerParameters<T> => ({
    layer_norm1: normParameters(make, `${name}.layer_norm1`, dim),
    self_attn: {
      q_proj: projection(`${name}.self_attn.q_proj`, dim, dim, residual),
      k_proj: projection(`${name}.self_attn.k_proj`, dim, dim, residual),
      v_proj: projection(`${name}.self_attn.v_proj`, dim, dim, residual),
      out_proj: projection(`${name}.self_attn.out_proj`, dim, dim, std),
    },
    layer_norm2: normParameters(make, `${name}.layer_norm2`, dim),
    mlp: {
      fc1: projection(`${name}.mlp.fc1`, hidden, dim, (2 * dim) ** -0.5),
      fc2: projection(`${name}.mlp.fc2`, dim, hidden, residual),
    },
  });
  const key = "text_model";
  return {
    text_model: {
      embeddings: {
        position_embedding: {
          weight: make(
            `${key}.embeddings.position_embedding.weight`,
            [config.max_position_embeddings, dim],
            positions,
          ),
        },
      },
      encoder: {
        layers: Array.from({ length: depth }, (_, i) => layer(`${key}.encoder.layers.${i}`)),
      },
      final_layer_norm: normParameters(make, `${key}.final_layer_norm`, dim),
    },
  };
}

/**
 * CLIP's text encoder (Radford et al., "Learning Transferable Visual Models From Natural Language
 * Supervision", ICML 2021): a transformer in which a token sees itself and those before it, and no
 * padding is masked.
 *
 * @param tokens rows of the token table, `[n, L, D]`, or of fewer tokens than L
 * @param observe called with the output of each block, by its key
 * @returns the last hidden state after the final norm, of the shape of `tokens`
 * @throws {ShapeError} where the tokens are too many or of another width
 * @category Networks
 */
export function clipText(
  { text_model }: ClipTextParameters<Tensor>,
  tokens: Tensor,
  config: ClipTextConfig,
  observe?: Observe,
): Tensor {
  const positions = text_model.embeddings.position_embedding.weight;
  const { hidden_size: dim, max_position_embeddings: most } = config;
  if (tokens.shape.length !== 3 || tokens.shape[1] > most || tokens.shape[2] !== dim) {
    throw new ShapeError(
      `clip_text: takes [n, up to ${most}, ${dim}], not [${tokens.shape.join(", ")}]`,
    );
  }
  let h = add(tokens, slice(positions, 0, 0, tokens.shape[1]));
  text_model.encoder.layers.forEach((p, i) => {
    h = block(p, h, config);
    observe?.(`text_model.encoder.layers.${i}`, h);
  });
  return layerNorm(h, text_model.final_layer_norm);
}

/** `x + attention(norm(x))`, then `x + mlp(norm(x))`. */
function block(
  { layer_norm1, self_attn, layer_norm2, mlp }: ClipLayerParameters<Tensor>,
  input: Tensor,
  { hidden_size, num_attention_heads: heads }: ClipTextConfig,
): Tensor {
  const normed = layerNorm(input, layer_norm1);
  const [q, k, v] = [self_attn.q_proj, self_attn.k_proj, self_attn.v_proj]
    .map((p) => project(normed, p));
  const scale = (hidden_size / heads) ** -0.5;
  const mixed = attention({ q, k, v }, { heads, scale, causal: true });
  const x = add(input, project(mixed, self_attn.out_proj));
  return add(x, project(quickGelu(project(layerNorm(x, layer_norm2), mlp.fc1)), mlp.fc2));
}

const project = (x: Tensor, { weight, bias }: LinearParameters<Tensor>): Tensor =>
  linear(x, weight, bias);

/** `x sigmoid(1.702 x)`, an approximation of GELU (Hendrycks and Gimpel 2016). */
function quickGelu(x: Tensor): Tensor {
  return mul(x, sigmoid(affine(x, 1.702)));
}
