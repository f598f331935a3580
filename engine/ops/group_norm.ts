import {
  apply,
  checkFloats,
  type Operation,
  ShapeError,
  shapeText,
  type Tensor,
} from "../tensor.ts";

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
  evaluate([x, weight, bias], { inputs, attrs }) {
    const { batch, channels, groups, area } = groupNormSizes(inputs[0], attrs);
    const y = new Float64Array(x.length);
    const statistics = new Float64Array(2 * batch * groups);
    const n = channels / groups * area;
    for (let r = 0; r < batch * groups; r++) {
      const row = x.subarray(r * n, (r + 1) * n);
      const mean = row.reduce((s, v) => s + v, 0) / n;
      const rstd = 1 / Math.sqrt(row.reduce((s, v) => s + (v - mean) ** 2, 0) / n + attrs.eps);
      for (let i = r * n; i < (r + 1) * n; i++) {
        const c = Math.floor(i / area) % channels;
        y[i] = (x[i] - mean) * rstd * weight[c] + bias[c];
      }
      statistics.set([mean, rstd], 2 * r);
    }
    return [y, statistics];
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
  evaluate([x, weight, statistics, grad], { inputs, attrs }) {
    const { batch, channels, groups, area } = groupNormSizes(inputs[0], attrs);
    const dx = new Float64Array(x.length);
    const dweight = new Float64Array(channels);
    const dbias = new Float64Array(channels);
    const n = channels / groups * area;
    for (let r = 0; r < batch * groups; r++) {
      const [mean, rstd] = statistics.subarray(2 * r);
      const normal = (i: number) => (x[i] - mean) * rstd;
      const channel = (i: number) => Math.floor(i / area) % channels;
      let a = 0;
      let b = 0;
      for (let i = r * n; i < (r + 1) * n; i++) {
        const g = grad[i];
        dweight[channel(i)] += g * normal(i);
        dbias[channel(i)] += g;
        a += g * weight[channel(i)] / n;
        b += g * weight[channel(i)] * normal(i) / n;
      }
      for (let i = r * n; i < (r + 1) * n; i++) {
        dx[i] = rstd * (grad[i] * weight[channel(i)] - a - normal(i) * b);
      }
    }
    return [dx, dweight, dbias];
  },
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
