import { embedding, reshape, type Tensor } from "../engine/mod.ts";
import { BYTE_VOCABULARY, TOKEN_BYTES } from "./byte_tokens.ts";
import {
  clipText,
  type ClipTextConfig,
  type ClipTextParameters,
  clipTextParameters,
} from "./clip_text.ts";
import type { MakeParameter } from "./parameters.ts";

/** The options of a network that say what text encoder of its own it has. */
export interface ByteTextOptions {
  /** Width of a token, a multiple of {@linkcode TOKEN_BYTES}. */
  readonly clip_dim: number | null;
  /** Number of the tokens of a text. */
  readonly num_clip_token: number;
  /** Blocks of the text encoder; 0: contexts come from outside. */
  readonly text_depth: number;
  /** Attention heads of each, a divisor of `clip_dim`. */
  readonly text_heads: number;
}

/**
 * Parameters of a text encoder that is trained with its network: CLIP's, with bytes for tokens.
 * @category Networks
 */
export interface ByteTextParameters<T> extends ClipTextParameters<T> {
  /** What a byte is at its place in a token, `[259, clip_dim / 8]`. */
  readonly byte_embedding: T;
}

/** CLIP's text encoder of the size that the options give. */
function clipOf({ clip_dim, num_clip_token, text_depth, text_heads }: ByteTextOptions) {
  return {
    vocab_size: BYTE_VOCABULARY,
    hidden_size: clip_dim!,
    intermediate_size: 4 * clip_dim!,
    num_hidden_layers: text_depth,
    num_attention_heads: text_heads,
    max_position_embeddings: num_clip_token,
  } satisfies ClipTextConfig;
}

/**
 * Describes every parameter of the text encoder; the keys are those of CLIP's files, but for the table of
 * bytes. Words outweigh their places at first, and blocks begin as their authors have them.
 */
export function byteTextParameters<T>(
  options: ByteTextOptions,
  make: MakeParameter<T>,
): ByteTextParameters<T> {
  return {
    byte_embedding: make(
      "text_model.embeddings.byte_embedding.weight",
      [BYTE_VOCABULARY, options.clip_dim! / TOKEN_BYTES],
      { kind: "normal", std: 0.1 },
    ),
    ...clipTextParameters(clipOf(options), make),
  };
}

/**
 * Contexts of texts. A token is its bytes, one after another.
 *
 * @param ids `[n, num_clip_token * TOKEN_BYTES]`, i32
 * @returns `[n, num_clip_token, clip_dim]`
 */
export function byteText(
  params: ByteTextParameters<Tensor>,
  ids: Tensor,
  options: ByteTextOptions,
): Tensor {
  const bytes = embedding(params.byte_embedding, ids);
  const tokens = reshape(bytes, [ids.shape[0], options.num_clip_token, options.clip_dim!]);
  return clipText(params, tokens, clipOf(options));
}
