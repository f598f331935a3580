import { input, ShapeError, type Tensor, unpackF16 } from "../engine/mod.ts";
import { BYTE_VOCABULARY, TOKEN_BYTES } from "./byte_tokens.ts";

/**
 * What a network is conditioned on besides the noisy image and its time: nothing, a class label of
 * each image, a sequence of tokens for each, as a text encoder makes of a caption, or a text, which its
 * own text encoder reads.
 * @category Networks
 */
export type Conditioning =
  | { readonly kind: "none" }
  | {
    readonly kind: "label";
    /** Number of labels, rows of their embedding; the last stands for no class. */
    readonly labels: number;
  }
  | {
    readonly kind: "tokens";
    /** Number of tokens; those of the empty text stand for no condition. */
    readonly tokens: number;
    /** Numbers of a token. */
    readonly width: number;
    /** Whether the input has them in f16, two to a u32 word; else, or left out, in f32. */
    readonly packed?: boolean;
  }
  | {
    readonly kind: "text";
    /** Number of tokens, see `byteTokens`; those of the empty text stand for no condition. */
    readonly tokens: number;
    /** Number of the ids of its tokens. */
    readonly ids: number;
    /** Number of different ids. */
    readonly vocabulary: number;
  };

/**
 * The options of a network that say what it is conditioned on.
 * @category Networks
 */
export interface ConditioningOptions {
  /** Rows of the label embedding; -1 for none. */
  readonly num_classes: number;
  /** Width of the tokens of a text; null, or left out, for none. */
  readonly clip_dim?: number | null;
  /** Number of the tokens of a text. */
  readonly num_clip_token?: number;
  /** Blocks of the network's own text encoder; 0, or left out, for none. */
  readonly text_depth?: number;
}

/**
 * What a network of this configuration is conditioned on.
 * @category Networks
 */
export function conditioningOf(
  { num_classes, clip_dim, num_clip_token, text_depth = 0 }: ConditioningOptions,
): Conditioning {
  if (clip_dim && num_clip_token) {
    return text_depth > 0
      ? {
        kind: "text",
        tokens: num_clip_token,
        ids: num_clip_token * TOKEN_BYTES,
        vocabulary: BYTE_VOCABULARY,
      }
      : { kind: "tokens", tokens: num_clip_token, width: clip_dim };
  }
  return num_classes > 0 ? { kind: "label", labels: num_classes } : { kind: "none" };
}

/** Whether a network draws what texts say, whichever text encoder reads them. */
export function takesTexts({ kind }: Conditioning): boolean {
  return kind === "tokens" || kind === "text";
}

/**
 * The condition of `n` images as an input of the graph: `labels` `[n]`, i32, `context`
 * `[n, tokens, width]`, f32 (packed, f16 from words), or `text` `[n, ids]`, i32; undefined for an
 * unconditional network. `conditionInputs` gives what a plan with it takes.
 */
export function conditionInput(conditioning: Conditioning, n: number): Tensor | undefined {
  switch (conditioning.kind) {
    case "none":
      return undefined;
    case "label":
      return input("labels", [n], "i32");
    case "tokens": {
      const { tokens, width } = conditioning;
      const shape = [n, tokens, width];
      if (!conditioning.packed) return input("context", shape);
      return unpackF16(input("context", [Math.ceil(n * tokens * width / 2)], "u32"), shape, "f16");
    }
    case "text":
      return input("text", [n, conditioning.ids], "i32");
  }
}

/**
 * Checks the condition of a batch of `n` images.
 *
 * @param network its name, for the message
 * @throws {ShapeError} where it is missing, unexpected, or of another shape or type; f16 passes for f32
 */
export function checkCondition(
  network: string,
  conditioning: Conditioning,
  condition: Tensor | undefined,
  n: number,
): void {
  const expected = conditionInput(conditioning, n);
  if (!expected) {
    if (!condition) return;
    throw new ShapeError(`${network}: a condition for an unconditional network`);
  }
  const text = ({ dtype, shape }: Tensor) => `${dtype} [${shape.join(", ")}]`;
  const kind = ({ dtype, shape }: Tensor) => `${dtype === "f16" ? "f32" : dtype} [${shape}]`;
  if (!condition) {
    throw new ShapeError(
      `${network}: a conditional network needs its condition, ${text(expected)}`,
    );
  }
  if (kind(condition) !== kind(expected)) {
    throw new ShapeError(
      `${network}: the condition is ${text(condition)}, the network takes ${text(expected)}`,
    );
  }
}
