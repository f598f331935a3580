/** The engine without its float64 reference: what a page that trains and draws has of it. */
export type { AdapterClass, AdapterVendor, Capabilities } from "./capabilities.ts";
export { Device, DeviceError, type DeviceOptions } from "./device.ts";
export { evaluate, sharedDevice } from "./evaluate.ts";
export { checkpoint, grad } from "./grad.ts";
export { constant, type HostArray, input, type LeafType, type NestedNumbers } from "./leaves.ts";
export { attention, type AttentionAttrs, type AttentionInputs } from "./ops/attention.ts";
export { add, div, mul, sub } from "./ops/binary.ts";
export { unpackBytes } from "./ops/bytes.ts";
export { unpackF16 } from "./ops/unpack_f16.ts";
export { cast } from "./ops/cast.ts";
export { conv2d, type Conv2dOptions, type Padding } from "./ops/conv2d.ts";
export { dropout } from "./ops/dropout.ts";
export {
  applyOne,
  elementwise,
  type ElementwiseDefinition,
  type ElementwiseOperation,
  type WgslType,
} from "./ops/elementwise.ts";
export { embedding } from "./ops/embedding.ts";
export { gelu } from "./ops/gelu.ts";
export { groupNorm, groupNormStatistics } from "./ops/group_norm.ts";
export { layerNorm } from "./ops/layer_norm.ts";
export { linear } from "./ops/linear.ts";
export { matmul, type MatmulAttrs } from "./ops/matmul.ts";
export { max, min } from "./ops/max.ts";
export { pack, type PackAttrs, unpack, type UnpackAttrs } from "./ops/pack.ts";
export { randomNormal, randomUniform } from "./ops/random.ts";
export { softmax } from "./ops/softmax.ts";
export { squeezeExcitation, type SqueezeExcitationWeights } from "./ops/squeeze_excitation.ts";
export { mean, sum } from "./ops/sum.ts";
export { sumOfSquares } from "./ops/sum_of_squares.ts";
export { affine, cos, exp, relu, sigmoid, silu, sin, sqrt, square, step } from "./ops/unary.ts";
export { upsampleNearest } from "./ops/upsample_nearest.ts";
export type { ViewMap } from "./ops/view_map.ts";
export { finite, where } from "./ops/where.ts";
export { broadcastTo, concat, pad, permute, reshape, slice } from "./ops/views.ts";
export { philox } from "./philox.ts";
export { compile } from "./plan/compile.ts";
export type { Update } from "./plan/placement.ts";
export {
  type Layout,
  layOut,
  type PlanRecording,
  type PlanSpec,
  type PlanStep,
  planSteps,
} from "./plan/layout.ts";
export { fitsGrid } from "./plan/limits.ts";
export { type MemoryNeed, memoryNeed } from "./plan/memory_need.ts";
export { type KernelTime, Plan } from "./plan/plan.ts";
export { State } from "./state.ts";
export { type StateEntry, StateLayout } from "./state_layout.ts";
export {
  type DType,
  type FloatType,
  type Node,
  type Operation,
  type Region,
  type Shape,
  ShapeError,
  Tensor,
  type TensorSpec,
} from "./tensor.ts";
export type { KernelChoices } from "./kernels/emission.ts";
export { Tuning, type TuningMemory, tuningName } from "./plan/tuning.ts";
export { UserError } from "./user_error.ts";
