import {
  add,
  affine,
  concat,
  conv2d,
  groupNorm,
  matmul,
  reshape,
  slice,
  softmax,
  type Tensor,
} from "../engine/mod.ts";
import {
  type ConvParameters,
  convParameters,
  type NormParameters,
  normParameters,
} from "./layers.ts";
import type { MakeParameter } from "./parameters.ts";
import { GROUP_NORM } from "./resnet_block.ts";

/**
 * An attention block of DDPM's UNet; all but the norm are 1 x 1 convolutions.
 * @category Networks
 */
export interface AttentionBlockParameters<T> {
  /** Group norm over the channels. */
  readonly norm: NormParameters<T>;
  /** Queries. */
  readonly q: ConvParameters<T>;
  /** Keys. */
  readonly k: ConvParameters<T>;
  /** Values. */
  readonly v: ConvParameters<T>;
  /** The projection of the result. */
  readonly proj_out: ConvParameters<T>;
}

/**
 * Describes an attention block.
 * @category Networks
 */
export function attentionBlockParameters<T>(
  make: MakeParameter<T>,
  name: string,
  channels: number,
): AttentionBlockParameters<T> {
  const point = (part: string) => convParameters(make, `${name}.${part}`, channels, channels, 1);
  return {
    norm: normParameters(make, `${name}.norm`, channels),
    q: point("q"),
    k: point("k"),
    v: point("v"),
    proj_out: point("proj_out"),
  };
}

/**
 * `x + proj_out(softmax(q^T k / sqrt(channels)) v)`, over all pixels, with one head (Ho et al.,
 * "Denoising Diffusion Probabilistic Models", NeurIPS 2020).
 *
 * @param x `[batch, channels, height, width]`
 * @param parts in how many the queries are taken, one after another: scores `[batch, pixels / parts,
 * pixels]` are in memory at once
 * @returns the same shape
 * @category Networks
 */
export function attentionBlock(
  p: AttentionBlockParameters<Tensor>,
  x: Tensor,
  parts: number = 1,
): Tensor {
  const [batch, channels, height, width] = x.shape;
  const pixels = height * width;
  const h = groupNorm(x, { ...p.norm, ...GROUP_NORM });
  const [q, k, v] = [p.q, p.k, p.v].map(({ weight, bias }) =>
    reshape(conv2d(h, weight, { bias }), [batch, channels, pixels])
  );
  const mixed = Array.from({ length: parts }, (_, i) => {
    const [first, last] = [i, i + 1].map((n) => Math.floor(n * pixels / parts));
    const some = parts === 1 ? q : slice(q, 2, first, last);
    const scores = affine(matmul(some, k, { transposeA: true }), channels ** -0.5);
    return matmul(v, softmax(scores), { transposeB: true });
  });
  const { weight, bias } = p.proj_out;
  return add(x, conv2d(reshape(concat(mixed, 2), x.shape), weight, { bias }));
}
