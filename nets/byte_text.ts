import { embedding, reshape, type Tensor } from "../engine/mod.ts";
import { BYTE_VOCABULARY } from "./byte_tokens.ts";
import {
  clipText,
  type ClipTextConfig,
  type ClipTextParameters,
  clipTextParameters,
  clipTokenTable,
} from "./clip_text.ts";
import type { MakeParameter } from "./parameters.ts";

/** The options of a network that say what text encoder of its own it has. */
export interface ByteTextOptions {
  /** Width of a token. */
  readonly clip_dim: number | null;
  /** Number of the tokens of a text. */
  readonly num_clip_token: number;
  /** Blocks of the text encoder; 0: contexts come from outside. */
  readonly text_depth: number;
  /** Attention heads of each, a divisor of `clip_dim`. */
  readonly text_heads: number;
  /** Neighbouring tokens that are one context, a divisor of `num_clip_token`. */
  readonly text_patch: number;
}

/**
 * Parameters of a text encoder that is trained with its network; the keys are those of CLIP's files.
 * @category Networks
 */
export interface ByteTextParameters<T> extends ClipTextParameters<T> {
  /** The token table, `[258, clip_dim]`. */
  readonly token_embedding: T;
}

/** CLIP's text encoder over bytes, of the size that the options give. */
export function byteTextConfig(
  { clip_dim, num_clip_token, text_depth, text_heads }: ByteTextOptions,
): ClipTextConfig {
  return {
    vocab_size: BYTE_VOCABULARY,
    hidden_size: clip_dim!,
    intermediate_size: 4 * clip_dim!,
    num_hidden_layers: text_depth,
    num_attention_heads: text_heads,
    max_position_embeddings: num_clip_token,
  };
}

/** How many contexts a text is, and how wide each: bytes say little alone, so some make one together. */
export function byteContexts(
  { clip_dim, num_clip_token, text_patch }: ByteTextOptions,
): { readonly contexts: number; readonly width: number } {
  return { contexts: num_clip_token / text_patch, width: text_patch * clip_dim! };
}

/** Describes every parameter of the text encoder, with the initial values of CLIP's authors. */
export function byteTextParameters<T>(
  options: ByteTextOptions,
  make: MakeParameter<T>,
): ByteTextParameters<T> {
  const config = byteTextConfig(options);
  const { name, shape } = clipTokenTable(config);
  return {
    token_embedding: make(name, shape, { kind: "normal", std: 0.02 }),
    ...clipTextParameters(config, make),
  };
}

/**
 * Contexts of texts.
 *
 * @param ids `[n, num_clip_token]`, i32
 * @returns `[n, contexts, width]`, see {@linkcode byteContexts}
 */
export function byteText(
  params: ByteTextParameters<Tensor>,
  ids: Tensor,
  options: ByteTextOptions,
): Tensor {
  const states = clipText(params, embedding(params.token_embedding, ids), byteTextConfig(options));
  const { contexts, width } = byteContexts(options);
  return reshape(states, [ids.shape[0], contexts, width]);
}
