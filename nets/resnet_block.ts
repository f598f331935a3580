import { add, conv2d, groupNorm, linear, reshape, silu, type Tensor } from "../engine/mod.ts";
import {
  type ConvParameters,
  convParameters,
  type LinearParameters,
  linearParameters,
  type NormParameters,
  normParameters,
} from "./layers.ts";
import type { MakeParameter } from "./parameters.ts";

/** Groups and eps of every group norm of DDPM's UNet. */
export const GROUP_NORM: { readonly groups: number; readonly eps: number } = {
  groups: 32,
  eps: 1e-6,
};

/**
 * A residual block of DDPM's UNet; the names are the PyTorch port's.
 * @category Networks
 */
export interface ResnetBlockParameters<T> {
  /** Group norm over the channels of the input. */
  readonly norm1: NormParameters<T>;
  /** 3 x 3, from the channels of the input to those of the output. */
  readonly conv1: ConvParameters<T>;
  /** From the time embedding to a shift of each channel; absent in networks without time. */
  readonly temb_proj?: LinearParameters<T>;
  /** Group norm over the channels of the output. */
  readonly norm2: NormParameters<T>;
  /** 3 x 3. */
  readonly conv2: ConvParameters<T>;
  /** A 1 x 1 convolution, where the block changes the number of channels. */
  readonly nin_shortcut?: ConvParameters<T>;
}

/**
 * Describes a residual block.
 *
 * @param sizes.channels of the input
 * @param sizes.out channels of the output
 * @param sizes.temb width of the time embedding; 0: none
 * @category Networks
 */
export function resnetBlockParameters<T>(
  make: MakeParameter<T>,
  name: string,
  { channels, out, temb }: { channels: number; out: number; temb: number },
): ResnetBlockParameters<T> {
  return {
    norm1: normParameters(make, `${name}.norm1`, channels),
    conv1: convParameters(make, `${name}.conv1`, out, channels, 3),
    temb_proj: temb > 0 ? linearParameters(make, `${name}.temb_proj`, out, temb) : undefined,
    norm2: normParameters(make, `${name}.norm2`, out),
    conv2: convParameters(make, `${name}.conv2`, out, out, 3),
    nin_shortcut: channels === out
      ? undefined
      : convParameters(make, `${name}.nin_shortcut`, out, channels, 1),
  };
}

/**
 * `shortcut(x) + conv2(drop(silu(norm2(conv1(silu(norm1(x))) + time))))`, convolutions 3 x 3.
 *
 * @param x `[batch, channels, height, width]`
 * @returns `[batch, out, height, width]`
 * @param options.time the time embedding after its SiLU, `[batch, temb]`
 * @param options.drop dropout, in training
 * @category Networks
 */
export function resnetBlock(
  p: ResnetBlockParameters<Tensor>,
  x: Tensor,
  { time, drop = (h) => h }: { time?: Tensor; drop?: (h: Tensor) => Tensor } = {},
): Tensor {
  let h = silu(groupNorm(x, { ...p.norm1, ...GROUP_NORM }));
  h = conv2d(h, p.conv1.weight, { padding: 1 });
  // Time and bias are added together first, so that they share the sum of the gradient's pixels.
  const { bias } = p.conv1;
  const shift = p.temb_proj && time
    ? add(linear(time, p.temb_proj.weight, p.temb_proj.bias), bias)
    : bias;
  h = add(h, reshape(shift, [-1, h.shape[1], 1, 1]));
  h = drop(silu(groupNorm(h, { ...p.norm2, ...GROUP_NORM })));
  h = conv2d(h, p.conv2.weight, { bias: p.conv2.bias, padding: 1 });
  const shortcut = p.nin_shortcut;
  return add(shortcut ? conv2d(x, shortcut.weight, { bias: shortcut.bias }) : x, h);
}
