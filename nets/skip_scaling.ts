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
import {
  affine,
  cast,
  type FloatType,
  linear,
  mean,
  mul,
  relu,
  reshape,
  sigmoid,
  type Tensor,
} from "../engine/mod.ts";
import type { Observe } from "./observe.ts";
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

/** A gate of the learnable scaling: `layer1` is `[hidden, width]`, `layer2` `[width, hidden]`. */
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
 * Methods 3 and 4, learnable scaling (LS): `s_i * gate(s_i)`, where the gate, `[batch, width]`, is
 * `sigmoid(layer2(relu(layer1(mean over all dimensions after the second))))`: U-ViT's skips have a
 * gate per token, averaged over channels, the UNet's one per channel, averaged over the image.
 * Method 3 shares one gate among all skips, method 4 has one each.
 *
 * @param skip `[batch, width, ..]`
 * @param observeGate called with the gate's values
 */
export function learnableScaling(
  skip: Tensor,
  gate: GateParameters<Tensor>,
  observeGate?: (values: Tensor) => void,
): Tensor {
  const squeezed = mean(skip, [...skip.shape.keys()].slice(2));
  const hidden = relu(linear(squeezed, gate.layer1.weight, gate.layer1.bias));
  const values = sigmoid(linear(hidden, gate.layer2.weight, gate.layer2.bias));
  observeGate?.(values);
  const gate_values = reshape(values, skip.shape.map((n, d) => d < 2 ? n : 1));
  return mul(skip, cast(gate_values, skip.dtype as FloatType));
}

/** What the scaled skips need besides the skips. */
export interface SkipScalingOptions {
  readonly method: SkipScaling;
  readonly kappa: number;
  /** What method 2 counts instead of the skip's number; 1 is the outermost. */
  readonly kappa_index?: number;
  /** The skip's gate, for methods 3 and 4. */
  readonly gate?: GateParameters<Tensor>;
  /** Called with the skip as `skips.<i>` and `scaled_skips.<i>`, and its gate as `gates.<i>`. */
  readonly observe?: Observe;
}

/** Scales skip `s_i` by the chosen method. @throws {TypeError} where methods 3 or 4 lack a gate */
export function scaleSkip(skip: Tensor, i: number, options: SkipScalingOptions): Tensor {
  const { observe } = options;
  observe?.(`skips.${i}`, skip);
  const scaled = scaledBy(skip, i, options);
  observe?.(`scaled_skips.${i}`, scaled);
  return scaled;
}

function scaledBy(skip: Tensor, i: number, options: SkipScalingOptions): Tensor {
  const { method, kappa, kappa_index = i, gate, observe } = options;
  switch (method) {
    case 0:
      return original(skip);
    case 1:
      return inverseSqrt2(skip);
    case 2:
      return constantScaling(skip, kappa_index, kappa);
    case 3:
    case 4:
      if (!gate) throw new TypeError(`method ${method} needs a gate for skip ${i}`);
      return learnableScaling(skip, gate, (values) => observe?.(`gates.${i}`, values));
  }
}

/** Describes a gate of `width` values; its hidden layer has a 16th of them, at least 1. */
export function gateParameters<T>(
  make: MakeParameter<T>,
  prefix: string,
  width: number,
): GateParameters<T> {
  const hidden = Math.max(1, Math.floor(width / 16));
  const layer = (name: string, out: number, fan_in: number): LinearParameters<T> => ({
    weight: make(`${prefix}.${name}.weight`, [out, fan_in], { kind: "uniform", fan_in }),
    bias: make(`${prefix}.${name}.bias`, [out], { kind: "uniform", fan_in }),
  });
  return { layer1: layer("layer1", hidden, width), layer2: layer("layer2", width, hidden) };
}
