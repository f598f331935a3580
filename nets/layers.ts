/**
 * PyTorch's layers with its initial values: weights and biases uniform in +-1/sqrt(fan_in).
 *
 * @module
 */
import type { MakeParameter } from "./parameters.ts";

/**
 * A linear layer.
 * @category Networks
 */
export interface LinearParameters<T> {
  /** `[out, fan_in]`. */
  readonly weight: T;
  /** `[out]`. */
  readonly bias?: T;
}

/**
 * A 2-D convolution.
 * @category Networks
 */
export interface ConvParameters<T> {
  /** `[out, channels, height, width]`. */
  readonly weight: T;
  /** `[out]`. */
  readonly bias: T;
}

/**
 * The scale and offset of a norm.
 * @category Networks
 */
export interface NormParameters<T> {
  /** Scale, `[channels]`. */
  readonly weight: T;
  /** Offset, `[channels]`. */
  readonly bias: T;
}

/**
 * Describes an `nn.Linear`.
 * @category Networks
 */
export function linearParameters<T>(
  make: MakeParameter<T>,
  name: string,
  out: number,
  fan_in: number,
): Required<LinearParameters<T>> {
  return {
    weight: make(`${name}.weight`, [out, fan_in], { kind: "uniform", fan_in }),
    bias: make(`${name}.bias`, [out], { kind: "uniform", fan_in }),
  };
}

/**
 * Describes an `nn.Conv2d` with a square kernel of height and width `size`.
 * @category Networks
 */
export function convParameters<T>(
  make: MakeParameter<T>,
  name: string,
  out: number,
  channels: number,
  size: number,
): ConvParameters<T> {
  const fan_in = channels * size * size;
  return {
    weight: make(`${name}.weight`, [out, channels, size, size], { kind: "uniform", fan_in }),
    bias: make(`${name}.bias`, [out], { kind: "uniform", fan_in }),
  };
}

/**
 * Describes a layer or group norm over `channels`: ones and zeros.
 * @category Networks
 */
export function normParameters<T>(
  make: MakeParameter<T>,
  name: string,
  channels: number,
): NormParameters<T> {
  return {
    weight: make(`${name}.weight`, [channels], { kind: "ones" }),
    bias: make(`${name}.bias`, [channels], { kind: "zeros" }),
  };
}
