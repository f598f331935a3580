import { apply, checkFloats, type Operation, ShapeError, shapeText, Tensor } from "../tensor.ts";

/**
 * Attributes of {@linkcode attention}.
 * @category Operations
 */
export interface AttentionAttrs {
  /** Number of heads. */
  readonly heads: number;
  /** What `q k^T` is multiplied by before the softmax; usually `(channels / heads) ** -0.5`. */
  readonly scale: number;
  /** Whether a token attends to itself and those before it alone; false where absent. */
  readonly causal?: boolean;
}

/**
 * Queries, keys and values apart, as {@linkcode attention} takes them.
 * @category Operations
 */
export interface AttentionInputs {
  /** Queries, `[batch, tokens, channels]`. */
  readonly q: Tensor;
  /** Keys, `[batch, keys, channels]`; of other tokens than the queries in cross-attention. */
  readonly k: Tensor;
  /** Values, `[batch, keys, channels]`. */
  readonly v: Tensor;
}

/** Sizes of `[batch, tokens, heads * width]` queries, and of keys and values. */
export interface AttentionSizes {
  /** Number of sequences. */
  readonly batch: number;
  /** Queries of a sequence. */
  readonly tokens: number;
  /** Keys of a sequence. */
  readonly keys: number;
  /** Number of heads. */
  readonly heads: number;
  /** Channels of one head. */
  readonly width: number;
}

/** What the kernels of an attention need to know. */
export interface AttentionSpec extends AttentionSizes {
  /** What `q k^T` is multiplied by before the softmax. */
  readonly scale: number;
  /** Whether query i sees keys 0 .. i alone. */
  readonly causal: boolean;
}

/**
 * The sizes of a packed `qkv`, or of three tensors.
 * @throws {ShapeError} where they do not fit each other, or are not whole heads
 */
export function attentionSizes(
  inputs: readonly Tensor[],
  { heads, causal }: AttentionAttrs,
): AttentionSizes {
  const [q, k = q, v = k] = inputs;
  const parts = inputs.length === 1 ? 3 : 1;
  const wrong = inputs.find(({ shape }) =>
    shape.length !== 3 || shape[2] % (parts * heads) !== 0 || shape[0] !== q.shape[0] ||
    shape[2] !== q.shape[2]
  );
  if (wrong) {
    const [batch, channels] = wrong === q
      ? ["batch", `${parts === 3 ? "3 x " : ""}${heads} heads x width`]
      : [q.shape[0], q.shape[2]];
    throw new ShapeError(
      `attention: ${shapeText(wrong.shape)} is not [${batch}, tokens, ${channels}]`,
    );
  }
  const [batch, tokens, channels] = q.shape;
  if (v.shape[1] !== k.shape[1]) {
    throw new ShapeError(`attention: ${k.shape[1]} keys and ${v.shape[1]} values`);
  }
  if (causal && k.shape[1] !== tokens) {
    throw new ShapeError(`attention: a causal mask of ${tokens} queries and ${k.shape[1]} keys`);
  }
  return { batch, tokens, keys: k.shape[1], heads, width: channels / (parts * heads) };
}

/**
 * The operation behind {@linkcode attention}. The second output, the attention probabilities
 * `[batch, heads, tokens, keys]`, is what the backward pass needs; flash attention stores one number
 * per row there instead.
 */
export const attentionOp: Operation<AttentionAttrs> = {
  name: "attention",
  infer(inputs, attrs) {
    const dtype = checkFloats("attention", inputs);
    const { batch, tokens, keys, heads, width } = attentionSizes(inputs, attrs);
    return [
      { shape: [batch, tokens, heads * width], dtype },
      { shape: [batch, heads, tokens, keys], dtype },
    ];
  },
  adjoint({ inputs, outputs: [out, p], attrs }, [grad, pGrad]) {
    if (pGrad) throw new ShapeError("attention: the probabilities have no adjoint");
    if (!grad) return inputs.map(() => undefined);
    return apply(attentionBackwardOp, [...inputs, out, p, grad], attrs);
  },
};

/** From what is attended, both outputs and the gradient of the first: gradients of the former. */
export const attentionBackwardOp: Operation<AttentionAttrs> = {
  name: "attention_backward",
  infer: (inputs) => inputs.slice(0, -3).map(({ shape, dtype }) => ({ shape, dtype })),
};

/**
 * Multi-head attention `softmax(scale q k^T) v` (Vaswani et al. 2017, equation 1).
 *
 * @param inputs self-attention's `[batch, tokens, 3 * channels]`, packed as (3, heads, width); or
 * queries, keys and values apart
 * @returns `[batch, tokens, channels]`
 * @throws {ShapeError} where the shapes do not fit each other or the heads, and for a causal mask
 * with another number of keys than queries
 * @category Operations
 */
export function attention(inputs: Tensor | AttentionInputs, attrs: AttentionAttrs): Tensor {
  const parts = inputs instanceof Tensor ? [inputs] : [inputs.q, inputs.k, inputs.v];
  return apply(attentionOp, parts, attrs)[0];
}
