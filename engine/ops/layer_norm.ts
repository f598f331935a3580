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
};

/** From x, weight, mean, 1/std and the output's gradient: gradients of x, weight and bias. */
export const layerNormBackwardOp: Operation<null> = {
  name: "layer_norm_backward",
  infer: ([x, weight]) => [
    { shape: x.shape, dtype: x.dtype },
    { shape: weight.shape, dtype: "f32" },
    { shape: weight.shape, dtype: "f32" },
  ],
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
