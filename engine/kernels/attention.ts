import type { ScaledAttentionSizes } from "../ops/attention.ts";
import type { Emitter, Ref } from "./dispatch.ts";
import { emitGemm } from "./gemm/gemm.ts";
import { type GemmOperand, transpose } from "./gemm/gemm_operand.ts";
import { emitSoftmax, emitSoftmaxBackward } from "./softmax.ts";

/** Emits `p = softmax(scale q k^T)` and `out = p v` for every head. */
export function emitAttention(
  emitter: Emitter,
  qkv: Ref,
  out: Ref,
  p: Ref,
  s: ScaledAttentionSizes,
): void {
  const { tokens, width } = s;
  const [q, k, v] = packed(qkv, s);
  // Scores are f32: the exponential would magnify the rounding of f16.
  const scores = p.dtype === "f32" ? p : emitter.scratch(p.size);
  emitGemm(emitter, {
    ...heads(s),
    label: "attention (q k^T)",
    m: tokens,
    n: tokens,
    k: width,
    a: q,
    b: transpose(k),
    c: square(scores, s),
    alpha: s.scale,
  });
  emitSoftmax(emitter, scores, p, tokens);
  emitGemm(emitter, {
    ...heads(s),
    label: "attention (p v)",
    m: tokens,
    n: width,
    k: tokens,
    a: square(p, s),
    b: v,
    c: joined(out, s),
  });
}

/** Emits the gradient of `qkv` from the probabilities and the output's gradient. */
export function emitAttentionBackward(
  emitter: Emitter,
  qkv: Ref,
  p: Ref,
  grad: Ref,
  dqkv: Ref,
  s: ScaledAttentionSizes,
): void {
  const { tokens, width } = s;
  const [q, k, v] = packed(qkv, s);
  const [dq, dk, dv] = packed(dqkv, s);
  const ds = emitter.scratch(p.size);
  const common = { ...heads(s), m: tokens, n: width, k: tokens };
  emitGemm(emitter, {
    ...common,
    label: "attention_backward (dv)",
    a: transpose(square(p, s)),
    b: joined(grad, s),
    c: dv,
  });
  emitGemm(emitter, {
    ...common,
    label: "attention_backward (dp)",
    n: tokens,
    k: width,
    a: joined(grad, s),
    b: transpose(v),
    c: square(ds, s),
  });
  emitSoftmaxBackward(emitter, p, ds, ds, tokens);
  emitGemm(emitter, {
    ...common,
    label: "attention_backward (dq)",
    a: square(ds, s),
    b: k,
    c: dq,
    alpha: s.scale,
  });
  emitGemm(emitter, {
    ...common,
    label: "attention_backward (dk)",
    a: transpose(square(ds, s)),
    b: q,
    c: dk,
    alpha: s.scale,
  });
}

const heads = ({ batch, heads }: ScaledAttentionSizes) => ({ batches: [batch, heads] as const });

/** q, k and v of a packed `[batch, tokens, 3, heads, width]`, as `[tokens, width]` of each head. */
function packed(ref: Ref, { tokens, heads, width }: ScaledAttentionSizes): GemmOperand[] {
  const row = 3 * heads * width;
  return [0, 1, 2].map((part) => ({
    ref,
    offset: part * heads * width,
    row,
    column: 1,
    batch: [tokens * row, width] as const,
  }));
}

/** `[batch, tokens, heads, width]` as `[tokens, width]` of each head. */
function joined(ref: Ref, { tokens, heads, width }: ScaledAttentionSizes): GemmOperand {
  return { ref, row: heads * width, column: 1, batch: [tokens * heads * width, width] };
}

/** `[batch, heads, tokens, tokens]` as `[tokens, tokens]` of each head. */
function square(ref: Ref, { tokens, heads }: ScaledAttentionSizes): GemmOperand {
  return { ref, row: tokens, column: 1, batch: [heads * tokens * tokens, tokens * tokens] };
}
