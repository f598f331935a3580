/**
 * PyTorch's layers with its first values: weights and biases uniform in +-1/sqrt(fan_in).
 *
 * @module
 */
import type { LinearParameters, MakeParameter, NormParameters } from "./parameters.ts";

/** A convolution: `weight` is `[out, channels, height, width]`, `bias` `[out]`. */
export interface ConvParameters<T> {
  readonly weight: T;
  readonly bias: T;
}

/** Describes an `nn.Linear`: `weight` is `[out, fan_in]`. */
export function linearParameters<T>(
  make: MakeParameter<T>,
  name: string,
  out: number,
  fan_in: number,
): LinearParameters<T> {
  return {
    weight: make(`${name}.weight`, [out, fan_in], { kind: "uniform", fan_in }),
    bias: make(`${name}.bias`, [out], { kind: "uniform", fan_in }),
  };
}

/** Describes an `nn.Conv2d` with a square kernel. */
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

/** Describes a norm over `channels`: ones and zeros. */
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
