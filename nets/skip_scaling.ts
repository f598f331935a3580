/**
 * The five ways to scale a long skip connection before it is concatenated: Huang et al.,
 * "ScaleLong: Towards More Stable Training of Diffusion Model via Scaling Network Long Skip
 * Connection", NeurIPS 2023.
 *
 * Skips are numbered as in the paper: `s_1` is the outermost (made by the first block, used by the
 * last), `s_N` the innermost.
 *
 * @module
 */
import { affine, linear, mean, mul, relu, reshape, sigmoid, type Tensor } from "../engine/mod.ts";
import type { LinearParameters, MakeParameter } from "./parameters.ts";

/** Scaling methods by the number that `--scalelong` takes. */
export type SkipScaling = 0 | 1 | 2 | 3 | 4;

/** Names of the methods, by number. */
export const SKIP_SCALING_NAMES: readonly string[] = [
  "original",
  "1/sqrt(2)-CS",
  "CS",
  "LS",
  "LS (non-share)",
];

/** A gate of the learnable scaling: `layer1` is `[hidden, tokens]`, `layer2` `[tokens, hidden]`. */
export interface GateParameters<T> {
  readonly layer1: LinearParameters<T>;
  readonly layer2: LinearParameters<T>;
}

/** Method 0: `s_i`, as U-ViT and most UNets have it. */
export function original(skip: Tensor): Tensor {
  return skip;
}

/** Method 1, 1/sqrt(2)-CS: `s_i / sqrt(2)`, the practice that the paper explains. */
export function inverseSqrt2(skip: Tensor): Tensor {
  return affine(skip, Math.SQRT1_2);
}

/**
 * Method 2, constant scaling (CS): `kappa^(i-1) s_i`.
 *
 * @param i number of the skip, 1 (outermost) to N (innermost)
 * @param kappa the paper takes 0.5 to 0.95; 1 is the original
 */
export function constantScaling(skip: Tensor, i: number, kappa: number): Tensor {
  return affine(skip, kappa ** (i - 1));
}

/**
 * Methods 3 and 4, learnable scaling (LS): `s_i * gate(s_i)`, where the gate of each token is
 * `sigmoid(layer2(relu(layer1(mean over channels))))`. Method 3 shares one gate among all skips,
 * method 4 has one each.
 *
 * @param skip `[batch, tokens, channels]`
 */
export function learnableScaling(skip: Tensor, gate: GateParameters<Tensor>): Tensor {
  const [batch, tokens] = skip.shape;
  const squeezed = mean(skip, [2]);
  const hidden = relu(linear(squeezed, gate.layer1.weight, gate.layer1.bias));
  const scale = sigmoid(linear(hidden, gate.layer2.weight, gate.layer2.bias));
  return mul(skip, reshape(scale, [batch, tokens, 1]));
}

/** What the scaled skips need besides the skips. */
export interface SkipScalingOptions {
  readonly method: SkipScaling;
  readonly kappa: number;
  /** The shared gate (method 3), or one per skip in the order of use, `s_N` first (method 4). */
  readonly gates: readonly GateParameters<Tensor>[];
}

/** Scales skip `s_i` by the chosen method. */
export function scaleSkip(skip: Tensor, i: number, options: SkipScalingOptions): Tensor {
  const { method, kappa, gates } = options;
  switch (method) {
    case 0:
      return original(skip);
    case 1:
      return inverseSqrt2(skip);
    case 2:
      return constantScaling(skip, i, kappa);
    case 3:
      return learnableScaling(skip, gates[0]);
    case 4:
      return learnableScaling(skip, gates[gates.length - i]);
  }
}

/** Describes a gate for `tokens` tokens; its hidden layer has a 16th of them, at least 1. */
export function gateParameters<T>(
  make: MakeParameter<T>,
  prefix: string,
  tokens: number,
): GateParameters<T> {
  const hidden = Math.max(1, Math.floor(tokens / 16));
  const layer = (name: string, out: number, fan_in: number): LinearParameters<T> => ({
    weight: make(`${prefix}.${name}.weight`, [out, fan_in], { kind: "uniform", fan_in }),
    bias: make(`${prefix}.${name}.bias`, [out], { kind: "uniform", fan_in }),
  });
  return { layer1: layer("layer1", hidden, tokens), layer2: layer("layer2", tokens, hidden) };
}
