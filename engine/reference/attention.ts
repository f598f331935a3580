import { type AttentionAttrs, type AttentionSizes, attentionSizes } from "../ops/attention.ts";
import type { Evaluation } from "./evaluation.ts";
import { softmaxRows, softmaxRowsBackward } from "./softmax.ts";

/** The evaluation of {@linkcode attentionOp}. */
export const evaluateAttention: Evaluation<AttentionAttrs> = (arrays, { inputs, attrs }) => {
  const sizes = attentionSizes(inputs, attrs);
  const { batch, tokens, keys, heads, width } = sizes;
  const [q, k, v] = rowsOf(arrays, sizes);
  const scores = new Float64Array(batch * heads * tokens * keys);
  eachPair(sizes, (b, h, i, j, z) => {
    let dot = 0;
    for (let d = 0; d < width; d++) {
      dot += q.data[q.at(b, i, h) + d] * k.data[k.at(b, j, h) + d];
    }
    scores[z] = attrs.causal && j > i ? -Infinity : dot * attrs.scale;
  });
  const p = softmaxRows(scores, keys);
  const out = new Float64Array(batch * tokens * heads * width);
  eachPair(sizes, (b, h, i, j, z) => {
    for (let d = 0; d < width; d++) {
      out[((b * tokens + i) * heads + h) * width + d] += p[z] * v.data[v.at(b, j, h) + d];
    }
  });
  return [out, p];
};

/** The evaluation of {@linkcode attentionBackwardOp}. */
export const evaluateAttentionBackward: Evaluation<AttentionAttrs> = (
  arrays,
  { inputs, attrs },
) => {
  const sizes = attentionSizes(inputs.slice(0, -3), attrs);
  const { tokens, keys, heads, width } = sizes;
  const [p, grad] = arrays.slice(-2);
  const [q, k, v] = rowsOf(arrays.slice(0, -3), sizes);
  const gradients = arrays.slice(0, -3).map(({ length }) => new Float64Array(length));
  const [dq, dk, dv] = rowsOf(gradients, sizes);
  const dp = new Float64Array(p.length);
  eachPair(sizes, (b, h, i, j, z) => {
    const g = ((b * tokens + i) * heads + h) * width;
    for (let d = 0; d < width; d++) {
      dp[z] += grad[g + d] * v.data[v.at(b, j, h) + d];
      dv.data[dv.at(b, j, h) + d] += p[z] * grad[g + d];
    }
  });
  const ds = softmaxRowsBackward(p, dp, keys);
  eachPair(sizes, (b, h, i, j, z) => {
    for (let d = 0; d < width; d++) {
      dq.data[dq.at(b, i, h) + d] += attrs.scale * ds[z] * k.data[k.at(b, j, h) + d];
      dk.data[dk.at(b, j, h) + d] += attrs.scale * ds[z] * q.data[q.at(b, i, h) + d];
    }
  });
  return gradients;
};

/** An array of rows, and the first element of a head's row. */
interface Rows {
  readonly data: Float64Array;
  at(b: number, token: number, h: number): number;
}

/** The rows of q, k and v, packed in one array or in three. */
function rowsOf(
  arrays: readonly Float64Array[],
  { tokens, keys, heads, width }: AttentionSizes,
): Rows[] {
  return [tokens, keys, keys].map((length, part) =>
    arrays.length === 1
      ? {
        data: arrays[0],
        at: (b, token, h) => (((b * tokens + token) * 3 + part) * heads + h) * width,
      }
      : { data: arrays[part], at: (b, token, h) => ((b * length + token) * heads + h) * width }
  );
}

/** Visits every query i and key j of every head; z counts them. */
function eachPair(
  { batch, tokens, keys, heads }: AttentionSizes,
  visit: (b: number, h: number, i: number, j: number, z: number) => void,
): void {
  for (let b = 0, z = 0; b < batch; b++) {
    for (let h = 0; h < heads; h++) {
      for (let i = 0; i < tokens; i++) for (let j = 0; j < keys; j++) visit(b, h, i, j, z++);
    }
  }
}
