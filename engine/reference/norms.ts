import { type GroupNormAttrs, groupNormSizes } from "../ops/group_norm.ts";
import type { LayerNormAttrs } from "../ops/layer_norm.ts";
import type { Evaluation } from "./evaluation.ts";

/** The evaluation of {@linkcode groupNormOp}. */
export const evaluateGroupNorm: Evaluation<GroupNormAttrs> = (
  [x, weight, bias],
  { inputs, attrs },
) => {
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
};

/** The evaluation of {@linkcode groupNormBackwardOp}. */
export const evaluateGroupNormBackward: Evaluation<GroupNormAttrs> = (
  [x, weight, statistics, grad],
  { inputs, attrs },
) => {
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
};

/** The evaluation of {@linkcode layerNormOp}. */
export const evaluateLayerNorm: Evaluation<LayerNormAttrs> = (
  [x, weight, bias],
  { attrs: { eps } },
) => {
  const n = weight.length;
  const y = new Float64Array(x.length);
  const mean = new Float64Array(x.length / n);
  const rstd = new Float64Array(x.length / n);
  for (let r = 0; r < mean.length; r++) {
    const row = x.subarray(r * n, (r + 1) * n);
    mean[r] = row.reduce((s, v) => s + v, 0) / n;
    rstd[r] = 1 / Math.sqrt(row.reduce((s, v) => s + (v - mean[r]) ** 2, 0) / n + eps);
    for (let i = 0; i < n; i++) y[r * n + i] = (row[i] - mean[r]) * rstd[r] * weight[i] + bias[i];
  }
  return [y, mean, rstd];
};

/** The evaluation of {@linkcode layerNormBackwardOp}. */
export const evaluateLayerNormBackward: Evaluation<null> = ([x, weight, mean, rstd, grad]) => {
  const n = weight.length;
  const dx = new Float64Array(x.length);
  const dweight = new Float64Array(n);
  const dbias = new Float64Array(n);
  for (let r = 0; r < mean.length; r++) {
    const normal = (i: number) => (x[r * n + i] - mean[r]) * rstd[r];
    let a = 0;
    let b = 0;
    for (let i = 0; i < n; i++) {
      const g = grad[r * n + i];
      dweight[i] += g * normal(i);
      dbias[i] += g;
      a += g * weight[i] / n;
      b += g * weight[i] * normal(i) / n;
    }
    for (let i = 0; i < n; i++) {
      dx[r * n + i] = rstd[r] * (grad[r * n + i] * weight[i] - a - normal(i) * b);
    }
  }
  return [dx, dweight, dbias];
};
