import {
  apply,
  checkFloats,
  type Operation,
  ShapeError,
  shapeText,
  type Tensor,
} from "../tensor.ts";
import { reshape } from "./views.ts";

/** Attributes of {@linkcode groupNorm}. */
export interface GroupNormAttrs {
  /** Number of groups, which divides the channels. */
  readonly groups: number;
  /** Added to the variance. */
  readonly eps: number;
}

/** Sizes of a group norm, with the names used in the kernels. */
export interface GroupNormSizes {
  /** Number of samples. */
  readonly batch: number;
  /** Channels of a sample. */
  readonly channels: number;
  /** Groups of channels. */
  readonly groups: number;
  /** Elements of a channel of one sample. */
  readonly area: number;
}

/**
 * The operation behind {@linkcode groupNorm}: the result, and `[mean, 1/std]` by sample and group.
 */
export const groupNormOp: Operation<GroupNormAttrs> = {
  name: "group_norm",
  infer([x, weight, bias], { groups }) {
    checkFloats("group_norm", [x, weight, bias]);
    const [batch, channels] = x.shape;
    if (x.shape.length < 2 || weight.size !== channels || bias.size !== channels) {
      throw new ShapeError(
        `group_norm: weight ${shapeText(weight.shape)} and bias ${shapeText(bias.shape)} ` +
          `do not have the channels (dimension 1) of ${shapeText(x.shape)}`,
      );
    }
    if (channels % groups !== 0) {
      throw new ShapeError(
        `group_norm: the ${channels} channels of ${
          shapeText(x.shape)
        } do not form ${groups} groups`,
      );
    }
    return [{ shape: x.shape, dtype: x.dtype }, { shape: [batch * groups, 2], dtype: "f32" }];
  },
  adjoint({ inputs: [x, weight], outputs: [, statistics], attrs }, [grad]) {
    if (!grad) return [undefined, undefined, undefined];
    return apply(groupNormBackwardOp, [x, weight, statistics, grad], attrs);
  },
};

/** From x, weight, `[mean, 1/std]` and the output's gradient: gradients of x, weight and bias. */
export const groupNormBackwardOp: Operation<GroupNormAttrs> = {
  name: "group_norm_backward",
  infer: ([x, weight]) => [
    { shape: x.shape, dtype: x.dtype },
    { shape: weight.shape, dtype: "f32" },
    { shape: weight.shape, dtype: "f32" },
  ],
};

/** The sizes of a group norm of `x`. */
export function groupNormSizes(x: Tensor, { groups }: GroupNormAttrs): GroupNormSizes {
  const [batch, channels] = x.shape;
  return { batch, channels, groups, area: x.size / (batch * channels) };
}

/**
 * Group normalisation (Wu and He, ECCV 2018), PyTorch's `nn.GroupNorm`: each sample's channels in
 * `groups` groups of adjacent channels, over all dimensions after the second; the variance is
 * computed from centred values.
 *
 * @param x `[batch, channels, ..]`
 * @param options.weight `[channels]`, as `bias`
 * @throws {ShapeError} where the channels do not fit the weights or the groups
 * @category Operations
 */
export function groupNorm(
  x: Tensor,
  { weight, bias, groups, eps = 1e-5 }: {
    weight: Tensor;
    bias: Tensor;
    groups: number;
    eps?: number;
  },
): Tensor {
  return apply(groupNormOp, [x, weight, bias], { groups, eps })[0];
}

/**
 * The statistics that {@linkcode groupNorm} normalises `x` with: those of parts of an image make
 * up those of the whole.
 *
 * @param x `[batch, channels, ..]`
 * @returns `[batch, groups, 2]` in f32: the mean, and 1 / sqrt(variance + eps)
 * @throws {ShapeError} as `groupNorm`
 * @category Operations
 */
export function groupNormStatistics(
  x: Tensor,
  { weight, bias, groups, eps = 1e-5 }: Parameters<typeof groupNorm>[1],
): Tensor {
  const [, statistics] = apply(groupNormOp, [x, weight, bias], { groups, eps });
  return reshape(statistics, [x.shape[0], groups, 2]);
}
