import {
  add,
  affine,
  constant,
  div,
  mul,
  relu,
  reshape,
  sqrt,
  square,
  step,
  sub,
  sum,
  type Tensor,
} from "../engine/mod.ts";

/**
 * What is done to the image that a network predicts: the names that `--limit` takes.
 * @category Samplers
 */
export const CLIPPINGS = ["none", "clip", "threshold"] as const;

/**
 * One of {@linkcode CLIPPINGS}.
 * @category Samplers
 */
export type Clipping = typeof CLIPPINGS[number];

/** At least this fraction of an image's values is not clipped by {@linkcode threshold}. */
export const THRESHOLD_QUANTILE = 0.995;

/** Bisection steps, from the largest magnitude to the precision of f32. */
const HALVINGS = 26;

/**
 * Applies clipping or dynamic thresholding to predicted images `x` `[n, ...]`, as graph.
 * @category Samplers
 */
export function applyClipping(x: Tensor, limit: Clipping): Tensor {
  switch (limit) {
    case "none":
      return x;
    case "clip":
      return clamp(x, constant([1], []));
    case "threshold":
      return threshold(x);
  }
}

/**
 * Dynamic thresholding (Saharia et al., "Photorealistic Text-to-Image Diffusion Models with Deep
 * Language Understanding", NeurIPS 2022, section 2.3): each image is clipped to [-s, s] and divided
 * by s, the 0.995 quantile of its magnitudes, or 1 if that is more.
 * @category Samplers
 */
export function threshold(x: Tensor): Tensor {
  const s = affine(relu(affine(quantile(x), 1, -1)), 1, 1);
  const wide = reshape(s, x.shape.map((n, d) => d === 0 ? n : 1));
  return div(clamp(x, wide), wide);
}

/** Values within [-s, s]. */
function clamp(x: Tensor, s: Tensor): Tensor {
  return add(sub(x, relu(sub(x, s))), relu(sub(affine(x, -1), s)));
}

/**
 * The quantile `[n]` of the magnitudes of each image, between two neighbours in rank where it falls
 * there. Each is found by bisection, without sorting or reading back.
 */
function quantile(x: Tensor): Tensor {
  const n = x.shape[0];
  const size = x.size / n;
  const place = THRESHOLD_QUANTILE * (size - 1);
  const rank = Math.floor(place);
  // How many may lie above a value that is no longer too low, for each of the two ranks.
  const above = constant([size - 1 - rank, Math.max(0, size - 2 - rank)], [1, 2]);
  const magnitudes = reshape(add(relu(x), relu(affine(x, -1))), [n, 1, size]);
  let low = constant(new Float32Array(2 * n), [n, 2]);
  let width = affine(sqrt(sum(square(magnitudes), [2])), 1.001);
  for (let i = 0; i < HALVINGS; i++) {
    width = affine(width, 0.5);
    const middle = add(low, width);
    const counts = sum(step(sub(magnitudes, reshape(middle, [n, 2, 1]))), [2]);
    const tooLow = step(affine(sub(counts, above), 1, -0.5));
    low = add(low, mul(width, tooLow));
  }
  const found = add(low, width);
  const weights = constant([1 - (place - rank), place - rank], [1, 2]);
  return sum(mul(found, weights), [1]);
}
