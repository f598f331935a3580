import {
  type AttentionAttrs,
  attentionBackwardOp,
  attentionOp,
  attentionSizes,
  type AttentionSpec,
} from "../ops/attention.ts";
import { unpackBytesOp } from "../ops/bytes.ts";
import { unpackF16Op } from "../ops/unpack_f16.ts";
import { conv2dInputGradOp, conv2dOp, conv2dSizes, conv2dWeightGradOp } from "../ops/conv2d.ts";
import { dropoutOp, dropoutSizes } from "../ops/dropout.ts";
import { embeddingGradOp, embeddingOp } from "../ops/embedding.ts";
import { groupNormBackwardOp, groupNormOp, groupNormSizes } from "../ops/group_norm.ts";
import { layerNormBackwardOp, layerNormOp } from "../ops/layer_norm.ts";
import { linearInputGradOp, linearInputs, linearOp, linearWeightGradOp } from "../ops/linear.ts";
import { maxOp } from "../ops/max.ts";
import { matmulOp, matmulSizes } from "../ops/matmul.ts";
import { randomOp } from "../ops/random.ts";
import { softmaxBackwardOp, softmaxOp } from "../ops/softmax.ts";
import {
  squeezeExcitationBackwardOp,
  squeezeExcitationOp,
  squeezeExcitationSizes,
  squeezeExcitationWeightGradOp,
} from "../ops/squeeze_excitation.ts";
import { sumOp } from "../ops/sum.ts";
import { sumOfSquaresOp } from "../ops/sum_of_squares.ts";
import type { Capabilities } from "../capabilities.ts";
import { type DType, type Node, type Operation, ShapeError, type Tensor } from "../tensor.ts";
import { emitAttention, emitAttentionBackward } from "./attention.ts";
import { emitConv2d, emitConv2dInputGrad, emitConv2dWeightGrad } from "./conv2d.ts";
import type { Emitter, Ref } from "./dispatch.ts";
import { emitFlashAttention, emitFlashAttentionBackward, fitsFlash } from "./flash_attention.ts";
import { emitUnpackBytes } from "./bytes.ts";
import { emitUnpackF16 } from "./unpack_f16.ts";
import { emitDropout } from "./dropout.ts";
import { emitEmbedding, emitEmbeddingGrad } from "./embedding.ts";
import { emitRandom } from "./random.ts";
import { emitRowMax } from "./max.ts";
import { emitGemm } from "./gemm/gemm.ts";
import type { Epilogue } from "./gemm/gemm_spec.ts";
import type { GemmOperand } from "./gemm/gemm_operand.ts";
import { emitGroupNorm, emitGroupNormBackward } from "./group_norm.ts";
import { emitLayerNorm, emitLayerNormBackward } from "./layer_norm.ts";
import { emitSoftmax, emitSoftmaxBackward } from "./softmax.ts";
import {
  emitSqueezeExcitation,
  emitSqueezeExcitationBackward,
  emitSqueezeExcitationWeightGrad,
} from "./squeeze_excitation.ts";
import { emitColumnSums, emitRowSums } from "./sums.ts";

/**
 * The context of a lowering: where the node's values live, and what is fused to its first output.
 */
export interface Lowering<A> {
  /** Takes the dispatches. */
  readonly emitter: Emitter;
  /** The node to lower. */
  readonly node: Node<A>;
  /** Where its inputs live. */
  readonly inputs: readonly Ref[];
  /** Where its outputs live. */
  readonly outputs: readonly Ref[];
  /** What is fused to its first output. */
  readonly epilogue: Epilogue;
  /**
   * Memory of the size of the first output that the fused kernel writes in any case: the output
   * itself or, where nothing but the epilogue uses it, the epilogue's result.
   */
  readonly main: Ref;
}

/**
 * Storage buffers that the kernel with the epilogue binds besides the epilogue's own, at most; null
 * where no kernel of the operation takes one.
 */
type Bindings = ((node: Node) => number) | null;

interface Entry {
  readonly bindings: Bindings;
  lower(l: Lowering<unknown>): void;
}

const TABLE = new Map<Operation, Entry>();

/** Says how the nodes of an operation become kernels. */
export function entry<A>(
  op: Operation<A>,
  bindings: Bindings,
  lower: (l: Lowering<A>) => void,
): void {
  TABLE.set(op as Operation, { bindings, lower: lower as (l: Lowering<unknown>) => void });
}

/**
 * Storage buffers that a kernel of the node binds where it ends with elementwise nodes on its first
 * output, besides what these load and what is stored of that output and theirs; null where none
 * does.
 */
export function anchorBindings(node: Node): number | null {
  return TABLE.get(node.op)?.bindings?.(node) ?? null;
}

/** The inputs, and memory for partial sums of a product. */
const ofProduct = ({ inputs }: Node): number => inputs.length + 1;
/** The inputs, and what is computed for other kernels besides the first output. */
const ofNorm = ({ inputs, outputs }: Node): number => inputs.length + outputs.length - 1;

/**
 * The size and type of a value's memory: fewer than its elements where flash attention stores less.
 */
export function memoryOf(
  capabilities: Capabilities,
  t: Tensor,
): { readonly size: number; readonly dtype: DType } {
  if (t.node.op !== attentionOp as Operation || t.index === 0) return t;
  const sizes = attentionSizes(t.node.inputs, t.node.attrs as AttentionAttrs);
  const { batch, heads, tokens } = sizes;
  return fitsFlash(capabilities, sizes) ? { size: batch * heads * tokens, dtype: "f32" } : t;
}

/** Emits the kernels of a node. @throws {ShapeError} for an operation that has none. */
export function lower(l: Lowering<unknown>): void {
  const found = TABLE.get(l.node.op);
  if (!found) throw new ShapeError(`"${l.node.op.name}" has no kernel`);
  found.lower(l);
}

const columnsOf = (t: Tensor): number => t.shape[t.shape.length - 1];

entry(matmulOp, ofProduct, ({ emitter, node, inputs: [a, b], main, epilogue }) => {
  const { batch, m, n, k } = matmulSizes(node.inputs[0], node.inputs[1], node.attrs);
  const { transposeA, transposeB } = node.attrs;
  emitGemm(emitter, {
    label: "matmul",
    m,
    n,
    k,
    batches: [1, batch],
    a: { ref: a, row: transposeA ? 1 : k, column: transposeA ? m : 1, batch: [0, m * k] },
    b: { ref: b, row: transposeB ? 1 : n, column: transposeB ? k : 1, batch: [0, k * n] },
    c: { ref: main, row: n, column: 1, batch: [0, m * n] },
    epilogue,
  });
});

/** One matrix, or the concatenation of two, of the shapes of the first of `tensors`. */
function matrixOf([left, right]: readonly Ref[], tensors: readonly Tensor[]): GemmOperand {
  const [at, row] = tensors.map((t) => t.shape[1]);
  return { ref: left, row: at, column: 1, right: right && { ref: right, at, row } };
}

entry(linearOp, ofProduct, ({ emitter, node, inputs, main, epilogue }) => {
  const [m, n] = node.outputs[0].shape;
  const { parts, weight, bias } = linearInputs(inputs, node.attrs);
  const k = linearInputs(node.inputs, node.attrs).weight.shape[1];
  emitGemm(emitter, {
    label: "linear",
    m,
    n,
    k,
    a: matrixOf(parts, node.inputs),
    b: { ref: weight, row: 1, column: k },
    c: { ref: main, row: n, column: 1 },
    bias: bias && { ref: bias, per: "column" },
    epilogue,
  });
});

entry(linearInputGradOp, ofProduct, ({ emitter, node, inputs: [grad, weight], main, epilogue }) => {
  const [m, k] = node.inputs[0].shape;
  const { offset, width: n } = node.attrs;
  emitGemm(emitter, {
    label: "linear_input_grad",
    m,
    n,
    k,
    a: { ref: grad, row: k, column: 1 },
    b: { ref: weight, offset, row: node.inputs[1].shape[1], column: 1 },
    c: { ref: main, row: n, column: 1 },
    epilogue,
  });
});

entry(linearWeightGradOp, null, ({ emitter, node, inputs, outputs: [dw, db] }) => {
  const [m, n] = node.outputs[0].shape;
  const parts = inputs.slice(0, -1);
  emitGemm(emitter, {
    label: "linear_weight_grad",
    m,
    n,
    k: node.inputs[0].shape[0],
    a: { ref: inputs[parts.length], row: 1, column: m },
    b: matrixOf(parts, node.inputs),
    c: { ref: dw, row: n, column: 1 },
    rowSums: db,
  });
});

/** @param qkv what is attended, packed or apart */
function attentionSpec(qkv: readonly Tensor[], attrs: AttentionAttrs): AttentionSpec {
  const { scale, causal = false } = attrs;
  return { ...attentionSizes(qkv, attrs), scale, causal };
}

entry(attentionOp, null, ({ emitter, node, inputs: qkv, outputs: [out, p] }) => {
  const s = attentionSpec(node.inputs, node.attrs);
  if (fitsFlash(emitter.capabilities, s)) emitFlashAttention(emitter, { qkv, out, sums: p }, s);
  else emitAttention(emitter, qkv, out, p, s);
});

entry(attentionBackwardOp, null, ({ emitter, node, inputs, outputs: gradients }) => {
  const s = attentionSpec(node.inputs.slice(0, -3), node.attrs);
  const qkv = inputs.slice(0, -3);
  const [out, p, grad] = inputs.slice(-3);
  if (fitsFlash(emitter.capabilities, s)) {
    emitFlashAttentionBackward(emitter, { qkv, out, sums: p, grad, gradients }, s);
  } else emitAttentionBackward(emitter, qkv, p, grad, gradients, s);
});

entry(
  layerNormOp,
  null,
  ({ emitter, node, inputs: [x, weight, bias], outputs: [y, mean, rstd] }) => {
    const columns = columnsOf(node.inputs[0]);
    emitLayerNorm(emitter, { x, weight, bias, y, mean, rstd }, columns, node.attrs.eps);
  },
);

entry(layerNormBackwardOp, ofNorm, ({ emitter, node, inputs, outputs, epilogue }) => {
  const [x, weight, mean, rstd, grad] = inputs;
  const [, dweight, dbias] = outputs;
  const refs = { x, weight, mean, rstd, grad, dweight, dbias };
  emitLayerNormBackward(emitter, refs, columnsOf(node.inputs[0]), epilogue);
});

entry(groupNormOp, ofNorm, ({ emitter, node, inputs: [x, weight, bias], outputs, epilogue }) => {
  const [, statistics] = outputs;
  const sizes = groupNormSizes(node.inputs[0], node.attrs);
  emitGroupNorm(emitter, { x, weight, bias, statistics }, sizes, node.attrs.eps, epilogue);
});

// The gradients of weight and bias are of another kernel; the sums by channel are an input.
entry(groupNormBackwardOp, ofProduct, ({ emitter, node, inputs, outputs, epilogue }) => {
  const [x, weight, statistics, grad] = inputs;
  const [, dweight, dbias] = outputs;
  const refs = { x, weight, statistics, grad, dweight, dbias };
  emitGroupNormBackward(emitter, refs, groupNormSizes(node.inputs[0], node.attrs), epilogue);
});

entry(squeezeExcitationOp, null, ({ emitter, node, inputs, outputs }) => {
  const sizes = squeezeExcitationSizes(node.inputs, node.attrs);
  emitSqueezeExcitation(emitter, inputs, outputs, sizes);
});

entry(squeezeExcitationBackwardOp, null, ({ emitter, node, inputs, outputs }) => {
  const sizes = squeezeExcitationSizes(node.inputs, node.attrs);
  emitSqueezeExcitationBackward(emitter, inputs, outputs, sizes, node.attrs);
});

entry(squeezeExcitationWeightGradOp, null, ({ emitter, node, inputs, outputs }) => {
  emitSqueezeExcitationWeightGrad(emitter, inputs, outputs, node.attrs);
});

entry(softmaxOp, null, ({ emitter, node, inputs: [x], outputs: [y] }) => {
  emitSoftmax(emitter, x, y, columnsOf(node.outputs[0]));
});

entry(softmaxBackwardOp, null, ({ emitter, node, inputs: [y, grad], outputs: [out] }) => {
  emitSoftmaxBackward(emitter, y, grad, out, columnsOf(node.outputs[0]));
});

entry(sumOfSquaresOp, null, ({ emitter, inputs: [x], outputs: [out] }) => {
  emitRowSums(emitter, "sum_of_squares", x, 1, x.size, out, (v) => `${v} * ${v}`);
});

entry(maxOp, null, ({ emitter, node, inputs: [x], outputs: [out] }) => {
  emitRowMax(emitter, x, out, columnsOf(node.inputs[0]));
});

entry(sumOp, null, ({ emitter, node, inputs: [x], outputs: [out] }) => {
  const { outer, reduce, inner } = node.attrs;
  if (inner === 1) emitRowSums(emitter, "sum", x, outer, reduce, out);
  else {
    emitColumnSums(emitter, {
      label: "sum",
      outer,
      reduce,
      inner,
      sources: [{ name: "x", ref: x }],
      terms: ["f32(x[at])"],
      outs: [out],
    });
  }
});

entry(conv2dOp, ofProduct, ({ emitter, node, inputs: [x, weight, bias], main, epilogue }) => {
  const sizes = conv2dSizes(node.inputs[0], node.inputs[1], node.outputs[0], node.attrs);
  emitConv2d(emitter, { x, weight, bias, y: main }, sizes, epilogue);
});

entry(conv2dInputGradOp, ofProduct, ({ emitter, node, inputs: [grad, weight], main, epilogue }) => {
  const sizes = conv2dSizes(node.outputs[0], node.inputs[1], node.inputs[0], node.attrs);
  emitConv2dInputGrad(emitter, grad, weight, main, sizes, epilogue);
});

entry(conv2dWeightGradOp, null, ({ emitter, node, inputs: [x, grad], outputs: [dw, db] }) => {
  const sizes = conv2dSizes(node.inputs[0], node.outputs[0], node.inputs[1], node.attrs);
  emitConv2dWeightGrad(emitter, { x, grad, dw, db }, sizes);
});

entry(embeddingOp, null, ({ emitter, node, inputs: [table, index], outputs: [out] }) => {
  emitEmbedding(emitter, table, index, out, node.inputs[0].shape[1]);
});

entry(embeddingGradOp, null, ({ emitter, node, inputs: [index, grad], outputs: [out] }) => {
  emitEmbeddingGrad(emitter, index, grad, out, node.outputs[0].shape[1]);
});

entry(unpackBytesOp, null, ({ emitter, inputs: [words], outputs: [out] }) => {
  emitUnpackBytes(emitter, words, out);
});

entry(unpackF16Op, null, ({ emitter, inputs: [words], outputs: [out] }) => {
  emitUnpackF16(emitter, words, out);
});

entry(randomOp, null, ({ emitter, node, inputs: [key], outputs: [out] }) => {
  emitRandom(emitter, key, out, node.attrs);
});

entry(dropoutOp, ({ inputs }) => inputs.length, ({ emitter, node, inputs: [x, key], epilogue }) => {
  emitDropout(emitter, { x, key }, dropoutSizes(node.inputs[0]), node.attrs, epilogue);
});
