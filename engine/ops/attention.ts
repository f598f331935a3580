import {
  apply,
  checkFloats,
  type Operation,
  ShapeError,
  shapeText,
  type Tensor,
} from "../tensor.ts";
import { applyOne } from "./elementwise.ts";
import { softmaxRows, softmaxRowsBackward } from "./softmax.ts";

/**
 * Attributes of {@linkcode attention}.
 * @category Operations
 */
export interface AttentionAttrs {
  /** Number of heads. */
  readonly heads: number;
  /** What `q k^T` is multiplied by before the softmax; usually `(channels / heads) ** -0.5`. */
  readonly scale: number;
}

/** Sizes of a packed `qkv` of `[batch, tokens, 3 * heads * width]`. */
export interface AttentionSizes {
  /** Number of sequences. */
  readonly batch: number;
  /** Tokens of a sequence. */
  readonly tokens: number;
  /** Number of heads. */
  readonly heads: number;
  /** Channels of one head. */
  readonly width: number;
}

/** Sizes of an attention, and its scale. */
export interface ScaledAttentionSizes extends AttentionSizes {
  /** What `q k^T` is multiplied by before the softmax. */
  readonly scale: number;
}

/** The sizes of a packed `qkv`. @throws {ShapeError} where it is not three times whole heads. */
export function attentionSizes(qkv: Tensor, { heads }: AttentionAttrs): AttentionSizes {
  const [batch, tokens, channels] = qkv.shape;
  if (qkv.shape.length !== 3 || channels % (3 * heads) !== 0) {
    throw new ShapeError(
      `attention: ${shapeText(qkv.shape)} is not [batch, tokens, 3 x ${heads} heads x width]`,
    );
  }
  return { batch, tokens, heads, width: channels / (3 * heads) };
}

/**
 * The operation behind {@linkcode attention}. The second output, the attention probabilities
 * `[batch, heads, tokens, tokens]`, is what the backward pass needs; flash
 * attention stores one number per row there instead.
 */
export const attentionOp: Operation<AttentionAttrs> = {
  name: "attention",
  infer([qkv], attrs) {
    const dtype = checkFloats("attention", [qkv]);
    const { batch, tokens, heads, width } = attentionSizes(qkv, attrs);
    return [
      { shape: [batch, tokens, heads * width], dtype },
      { shape: [batch, heads, tokens, tokens], dtype },
    ];
  },
  adjoint({ inputs: [qkv], outputs: [out, p], attrs }, [grad, pGrad]) {
    if (pGrad) throw new ShapeError("attention: the probabilities have no adjoint");
    return [grad && applyOne(attentionBackwardOp, [qkv, out, p, grad], attrs)];
  },
  evaluate([qkv], { inputs, attrs }) {
    const sizes = attentionSizes(inputs[0], attrs);
    const { batch, tokens, heads, width } = sizes;
    const scores = new Float64Array(batch * heads * tokens * tokens);
    const at = indexer(sizes);
    for (let b = 0, z = 0; b < batch; b++) {
      for (let h = 0; h < heads; h++) {
        for (let i = 0; i < tokens; i++) {
          for (let j = 0; j < tokens; j++, z++) {
            let dot = 0;
            for (let d = 0; d < width; d++) {
              dot += qkv[at(b, i, 0, h) + d] * qkv[at(b, j, 1, h) + d];
            }
            scores[z] = dot * attrs.scale;
          }
        }
      }
    }
    const p = softmaxRows(scores, tokens);
    const out = new Float64Array(batch * tokens * heads * width);
    for (let b = 0, z = 0; b < batch; b++) {
      for (let h = 0; h < heads; h++) {
        for (let i = 0; i < tokens; i++) {
          for (let j = 0; j < tokens; j++, z++) {
            for (let d = 0; d < width; d++) {
              out[((b * tokens + i) * heads + h) * width + d] += p[z] * qkv[at(b, j, 2, h) + d];
            }
          }
        }
      }
    }
    return [out, p];
  },
};

/** From `qkv`, both outputs and the gradient of the first, the gradient of `qkv`. */
export const attentionBackwardOp: Operation<AttentionAttrs> = {
  name: "attention_backward",
  infer: ([qkv]) => [{ shape: qkv.shape, dtype: qkv.dtype }],
  evaluate([qkv, , p, grad], { inputs, attrs }) {
    const sizes = attentionSizes(inputs[0], attrs);
    const { batch, tokens, heads, width } = sizes;
    const at = indexer(sizes);
    const dqkv = new Float64Array(qkv.length);
    const dp = new Float64Array(p.length);
    const each = (visit: (b: number, h: number, i: number, j: number, z: number) => void) => {
      for (let b = 0, z = 0; b < batch; b++) {
        for (let h = 0; h < heads; h++) {
          for (let i = 0; i < tokens; i++) {
            for (let j = 0; j < tokens; j++) visit(b, h, i, j, z++);
          }
        }
      }
    };
    each((b, h, i, j, z) => {
      const g = ((b * tokens + i) * heads + h) * width;
      for (let d = 0; d < width; d++) {
        dp[z] += grad[g + d] * qkv[at(b, j, 2, h) + d];
        dqkv[at(b, j, 2, h) + d] += p[z] * grad[g + d];
      }
    });
    const ds = softmaxRowsBackward(p, dp, tokens);
    each((b, h, i, j, z) => {
      for (let d = 0; d < width; d++) {
        dqkv[at(b, i, 0, h) + d] += attrs.scale * ds[z] * qkv[at(b, j, 1, h) + d];
        dqkv[at(b, j, 1, h) + d] += attrs.scale * ds[z] * qkv[at(b, i, 0, h) + d];
      }
    });
    return [dqkv];
  },
};

/**
 * Multi-head self-attention `softmax(scale q k^T) v` (Vaswani et al. 2017, equation 1).
 *
 * @param qkv `[batch, tokens, 3 * channels]`, packed as (3, heads, width).
 * @returns `[batch, tokens, channels]`.
 * @category Operations
 */
export function attention(qkv: Tensor, attrs: AttentionAttrs): Tensor {
  return apply(attentionOp, [qkv], attrs)[0];
}

function indexer({ tokens, heads, width }: AttentionSizes) {
  return (b: number, token: number, part: number, h: number): number =>
    (((b * tokens + token) * 3 + part) * heads + h) * width;
}
