import { constantOp } from "../leaves.ts";
import { attentionBackwardOp, attentionOp } from "../ops/attention.ts";
import { avgPool2dInputGradOp, avgPool2dOp } from "../ops/avg_pool2d.ts";
import { unpackBytesOp } from "../ops/bytes.ts";
import { unpackF16Op } from "../ops/unpack_f16.ts";
import { conv2dInputGradOp, conv2dOp, conv2dWeightGradOp } from "../ops/conv2d.ts";
import { dropoutOp } from "../ops/dropout.ts";
import { embeddingGradOp, embeddingOp } from "../ops/embedding.ts";
import { groupNormBackwardOp, groupNormOp } from "../ops/group_norm.ts";
import { layerNormBackwardOp, layerNormOp } from "../ops/layer_norm.ts";
import { linearInputGradOp, linearOp, linearWeightGradOp } from "../ops/linear.ts";
import { matmulOp } from "../ops/matmul.ts";
import { maxOp } from "../ops/max.ts";
import { maxPool2dInputGradOp, maxPool2dOp } from "../ops/max_pool2d.ts";
import { packOp, unpackOp } from "../ops/pack.ts";
import { randomOp } from "../ops/random.ts";
import { resizeBilinearInputGradOp, resizeBilinearOp } from "../ops/resize_bilinear.ts";
import { softmaxBackwardOp, softmaxOp } from "../ops/softmax.ts";
import {
  squeezeExcitationBackwardOp,
  squeezeExcitationOp,
  squeezeExcitationWeightGradOp,
} from "../ops/squeeze_excitation.ts";
import { sumOp } from "../ops/sum.ts";
import { sumOfSquaresOp } from "../ops/sum_of_squares.ts";
import { reshapeOp } from "../ops/views.ts";
import type { Operation } from "../tensor.ts";
import { evaluateAttention, evaluateAttentionBackward } from "./attention.ts";
import { evaluateConv2d, evaluateConv2dInputGrad, evaluateConv2dWeightGrad } from "./conv2d.ts";
import { evaluateEmbedding, evaluateEmbeddingGrad } from "./embedding.ts";
import {
  evaluateLinear,
  evaluateLinearInputGrad,
  evaluateLinearWeightGrad,
  evaluateMatmul,
} from "./linear.ts";
import {
  evaluateGroupNorm,
  evaluateGroupNormBackward,
  evaluateLayerNorm,
  evaluateLayerNormBackward,
} from "./norms.ts";
import { evaluatePack, evaluateUnpack, evaluateUnpackBytes, evaluateUnpackF16 } from "./packing.ts";
import {
  evaluateAvgPool2d,
  evaluateAvgPool2dInputGrad,
  evaluateMaxPool2d,
  evaluateMaxPool2dInputGrad,
} from "./pool2d.ts";
import { evaluateDropout, evaluateRandom } from "./random.ts";
import { evaluateMax, evaluateSum, evaluateSumOfSquares } from "./reductions.ts";
import { evaluateResizeBilinear, evaluateResizeBilinearInputGrad } from "./resize_bilinear.ts";
import { evaluateSoftmax, evaluateSoftmaxBackward } from "./softmax.ts";
import {
  evaluateSqueezeExcitation,
  evaluateSqueezeExcitationBackward,
  evaluateSqueezeExcitationWeightGrad,
} from "./squeeze_excitation.ts";
import type { Evaluation } from "./evaluation.ts";

let evaluations: ReadonlyMap<Operation, Evaluation> | undefined;

/** What an operation computes, where it is not elementwise: those have an `f`. */
export function evaluationOf(op: Operation): Evaluation | undefined {
  // Made when it is asked for: bundles that never ask leave all of it out.
  return (evaluations ??= new Map(rows())).get(op);
}

function row<A>(op: Operation<A>, evaluation: Evaluation<A>): [Operation, Evaluation] {
  return [op as Operation, evaluation as Evaluation];
}

const rows = () => [
  row(constantOp, (_inputs, { attrs: { data } }) => [Float64Array.from(data)]),
  row(reshapeOp, ([x]) => [x]),
  row(attentionOp, evaluateAttention),
  row(attentionBackwardOp, evaluateAttentionBackward),
  row(softmaxOp, evaluateSoftmax),
  row(softmaxBackwardOp, evaluateSoftmaxBackward),
  row(avgPool2dOp, evaluateAvgPool2d),
  row(avgPool2dInputGradOp, evaluateAvgPool2dInputGrad),
  row(maxPool2dOp, evaluateMaxPool2d),
  row(maxPool2dInputGradOp, evaluateMaxPool2dInputGrad),
  row(unpackBytesOp, evaluateUnpackBytes),
  row(unpackF16Op, evaluateUnpackF16),
  row(conv2dOp, evaluateConv2d),
  row(conv2dInputGradOp, evaluateConv2dInputGrad),
  row(conv2dWeightGradOp, evaluateConv2dWeightGrad),
  row(dropoutOp, evaluateDropout),
  row(embeddingOp, evaluateEmbedding),
  row(embeddingGradOp, evaluateEmbeddingGrad),
  row(groupNormOp, evaluateGroupNorm),
  row(groupNormBackwardOp, evaluateGroupNormBackward),
  row(layerNormOp, evaluateLayerNorm),
  row(layerNormBackwardOp, evaluateLayerNormBackward),
  row(linearOp, evaluateLinear),
  row(linearInputGradOp, evaluateLinearInputGrad),
  row(linearWeightGradOp, evaluateLinearWeightGrad),
  row(squeezeExcitationOp, evaluateSqueezeExcitation),
  row(squeezeExcitationBackwardOp, evaluateSqueezeExcitationBackward),
  row(squeezeExcitationWeightGradOp, evaluateSqueezeExcitationWeightGrad),
  row(matmulOp, evaluateMatmul),
  row(maxOp, evaluateMax),
  row(sumOp, evaluateSum),
  row(sumOfSquaresOp, evaluateSumOfSquares),
  row(packOp, evaluatePack),
  row(unpackOp, evaluateUnpack),
  row(randomOp, evaluateRandom),
  row(resizeBilinearOp, evaluateResizeBilinear),
  row(resizeBilinearInputGradOp, evaluateResizeBilinearInputGrad),
];
