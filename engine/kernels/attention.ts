import type { AttentionSpec } from "../ops/attention.ts";
import type { Emitter, Ref } from "./dispatch.ts";
import { emitGemm } from "./gemm/gemm.ts";
import { type GemmOperand, transpose } from "./gemm/gemm_operand.ts";
import { emitSoftmax, emitSoftmaxBackward } from "./softmax.ts";

/** Emits `p = softmax(scale q k^T)` and `out = p v` for every head. @param qkv packed or apart */
export function emitAttention(
  emitter: Emitter,
  qkv: readonly Ref[],
  out: Ref,
  p: Ref,
  s: AttentionSpec,
): void {
  const { tokens, keys, width } = s;
  const [q, k, v] = rowsOf(qkv, s);
  // Scores are f32: the exponential would magnify the rounding of f16.
  const scores = p.dtype === "f32" ? p : emitter.scratch(p.size);
  emitGemm(emitter, {
    ...heads(s),
    label: "attention (q k^T)",
    m: tokens,
    n: keys,
    k: width,
    a: q,
    b: transpose(k),
    c: pairs(scores, s),
    alpha: s.scale,
  });
  emitSoftmax(emitter, scores, p, keys, { causal: s.causal });
  emitGemm(emitter, {
    ...heads(s),
    label: "attention (p v)",
    m: tokens,
    n: width,
    k: keys,
    a: pairs(p, s),
    b: v,
    c: joined(out, tokens, s),
  });
}

/**
 * Emits the gradients of q, k and v from the probabilities and the output's gradient.
 *
 * @param qkv packed or apart, as `gradients` are
 */
export function emitAttentionBackward(
  emitter: Emitter,
  qkv: readonly Ref[],
  p: Ref,
  grad: Ref,
  gradients: readonly Ref[],
  s: AttentionSpec,
): void {
  const { tokens, keys, width } = s;
  const [q, k, v] = rowsOf(qkv, s);
  const [dq, dk, dv] = rowsOf(gradients, s);
  // The probabilities of what a causal mask hides are 0, and so are its gradients.
  const ds = emitter.scratch(p.size);
  emitGemm(emitter, {
    ...heads(s),
    label: "attention_backward (dv)",
    m: keys,
    n: width,
    k: tokens,
    a: transpose(pairs(p, s)),
    b: joined(grad, tokens, s),
    c: dv,
  });
  emitGemm(emitter, {
    ...heads(s),
    label: "attention_backward (dp)",
    m: tokens,
    n: keys,
    k: width,
    a: joined(grad, tokens, s),
    b: transpose(v),
    c: pairs(ds, s),
  });
  emitSoftmaxBackward(emitter, p, ds, ds, keys);
  emitGemm(emitter, {
    ...heads(s),
    label: "attention_backward (dq)",
    m: tokens,
    n: width,
    k: keys,
    a: pairs(ds, s),
    b: k,
    c: dq,
    alpha: s.scale,
  });
  emitGemm(emitter, {
    ...heads(s),
    label: "attention_backward (dk)",
    m: keys,
    n: width,
    k: tokens,
    a: transpose(pairs(ds, s)),
    b: q,
    c: dk,
    alpha: s.scale,
  });
}

const heads = ({ batch, heads }: AttentionSpec) => ({ batches: [batch, heads] as const });

/** q, k and v, packed or apart, as matrices of each head. */
function rowsOf(refs: readonly Ref[], s: AttentionSpec): GemmOperand[] {
  if (refs.length === 1) return packed(refs[0], s);
  return refs.map((ref, part) => joined(ref, part === 0 ? s.tokens : s.keys, s));
}

/** q, k and v of a packed `[batch, tokens, 3, heads, width]`, as `[tokens, width]` of each head. */
function packed(ref: Ref, { tokens, heads, width }: AttentionSpec): GemmOperand[] {
  const row = 3 * heads * width;
  return [0, 1, 2].map((part) => ({
    ref,
    offset: part * heads * width,
    row,
    column: 1,
    batch: [tokens * row, width] as const,
  }));
}

/** `[batch, length, heads, width]` as `[length, width]` of each head. */
function joined(ref: Ref, length: number, { heads, width }: AttentionSpec): GemmOperand {
  return { ref, row: heads * width, column: 1, batch: [length * heads * width, width] };
}

/** `[batch, heads, tokens, keys]` as `[tokens, keys]` of each head. */
function pairs(ref: Ref, { tokens, keys, heads }: AttentionSpec): GemmOperand {
  return { ref, row: keys, column: 1, batch: [heads * tokens * keys, tokens * keys] };
}
