import {
  add,
  affine,
  constant,
  exp,
  mul,
  slice,
  square,
  step,
  sub,
  sum,
  type Tensor,
  where,
} from "../engine/mod.ts";
import type { AutoencoderConfig } from "./autoencoder_parameters.ts";

/**
 * The most likely latents of moments: the means, times the scale factor.
 *
 * @param moments `[batch, 2 embed_dim, height, width]`, as {@linkcode encodeImages} gives them
 * @returns `[batch, embed_dim, height, width]`
 * @category Networks
 */
export function latentMode(
  moments: Tensor,
  { scale_factor }: Pick<AutoencoderConfig, "scale_factor">,
): Tensor {
  return affine(halves(moments).mean, scale_factor);
}

/**
 * Latents drawn from moments: `scale_factor (mean + exp(log_variance / 2) noise)`, the log variance
 * within [-30, 20].
 *
 * @param moments `[batch, 2 embed_dim, height, width]`, as {@linkcode encodeImages} gives them
 * @param noise standard normal, `[batch, embed_dim, height, width]`
 * @returns `[batch, embed_dim, height, width]`
 * @category Networks
 */
export function sampleLatents(
  moments: Tensor,
  noise: Tensor,
  { scale_factor }: Pick<AutoencoderConfig, "scale_factor">,
): Tensor {
  const { mean, log_variance } = halves(moments);
  const std = exp(affine(log_variance, 0.5));
  return affine(add(mean, mul(std, noise)), scale_factor);
}

/**
 * The Kullback-Leibler divergence of moments' distributions from the standard normal one, for each
 * image: `0.5 sum(mean^2 + variance - 1 - log variance)` (Kingma and Welling, "Auto-Encoding
 * Variational Bayes", ICLR 2014, appendix B).
 *
 * @param moments `[batch, 2 embed_dim, height, width]`
 * @returns `[batch]`
 * @category Networks
 */
export function latentDivergence(moments: Tensor): Tensor {
  const { mean, log_variance } = halves(moments);
  const terms = sub(add(square(mean), exp(log_variance)), affine(log_variance, 1, 1));
  return affine(sum(terms, [1, 2, 3]), 0.5);
}

/** Bounds of log variances. */
const [LEAST, MOST] = [-30, 20];

/** Means and log variances, these within their bounds. */
function halves(moments: Tensor): { readonly mean: Tensor; readonly log_variance: Tensor } {
  const n = moments.shape[1] / 2;
  const [mean, wild] = [slice(moments, 1, 0, n), slice(moments, 1, n, 2 * n)];
  const bound = (value: number) => constant([value], []);
  const above = where(step(affine(wild, 1, -LEAST)), wild, bound(LEAST));
  const log_variance = where(step(affine(above, -1, MOST)), above, bound(MOST));
  return { mean, log_variance };
}
