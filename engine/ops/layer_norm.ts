import {
  apply,
  checkFloats,
  type Operation,
  ShapeError,
  shapeText,
  type Tensor,
} from "../tensor.ts";

/** Attributes of {@linkcode layerNorm}. */
export interface LayerNormAttrs {
  /** Added to the variance. */
  readonly eps: number;
}

/** The operation behind {@linkcode layerNorm}: the result, and mean and 1/std by row. */
export const layerNormOp: Operation<LayerNormAttrs> = {
  name: "layer_norm",
  infer([x, weight, bias]) {
    checkFloats("layer_norm", [x, weight, bias]);
    const width = x.shape[x.shape.length - 1];
    if (weight.size !== width || bias.size !== width) {
      throw new ShapeError(
        `layer_norm: weight ${shapeText(weight.shape)} and bias ${shapeText(bias.shape)} ` +
          `are not of the width of ${shapeText(x.shape)}`,
      );
    }
    const rows = [x.size / width];
    return [{ shape: x.shape, dtype: x.dtype }, { shape: rows, dtype: "f32" }, {
      shape: rows,
      dtype: "f32",
    }];
  },
  adjoint({ inputs: [x, weight], outputs: [, mean, rstd] }, [grad]) {
    if (!grad) return [undefined, undefined, undefined];
    return apply(layerNormBackwardOp, [x, weight, mean, rstd, grad], null);
  },
  evaluate([x, weight, bias], { attrs: { eps } }) {
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
  },
};

/** From x, weight, mean, 1/std and the output's gradient: gradients of x, weight and bias. */
export const layerNormBackwardOp: Operation<null> = {
  name: "layer_norm_backward",
  infer: ([x, weight]) => [
    { shape: x.shape, dtype: x.dtype },
    { shape: weight.shape, dtype: "f32" },
    { shape: weight.shape, dtype: "f32" },
  ],
  evaluate([x, weight, mean, rstd, grad]) {
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
  },
};

/**
 * Layer normalisation over the last dimension (Ba et al. 2016); the variance is computed from
 * centred values. `weight` and `bias` have the size of that dimension.
 * @category Operations
 */
export function layerNorm(
  x: Tensor,
  { weight, bias, eps = 1e-5 }: { weight: Tensor; bias: Tensor; eps?: number },
): Tensor {
  return apply(layerNormOp, [x, weight, bias], { eps })[0];
}
