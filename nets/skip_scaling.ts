/**
 * The ways to scale a long skip connection before it is concatenated: Huang et al., "ScaleLong:
 * Towards More Stable Training of Diffusion Model via Scaling Network Long Skip Connection",
 * NeurIPS 2023.
 *
 * {@linkcode SKIP_SCALINGS} is the table of methods; networks, configuration, help and reports
 * derive from it, so that a new method is one entry here. Skips are indexed as in the paper:
 * `s_1` is the outermost (output of the first block, input of the last), `s_N` the innermost.
 *
 * @module
 */
import { affine, squeezeExcitation, type Tensor } from "../engine/mod.ts";
import { type LinearParameters, linearParameters } from "./layers.ts";
import type { Observe } from "./observe.ts";
import type { MakeParameter } from "./parameters.ts";

/**
 * Gates of a method: none, one for all skips of a width, or one for each skip.
 * @category Skip scaling
 */
export type SkipGates = "none" | "shared" | "each";

/**
 * A gate of the learnable scaling: `layer2(relu(layer1(means)))` before the sigmoid.
 * @category Skip scaling
 */
export interface GateParameters<T> {
  /** `weight` is `[hidden, width]`. */
  readonly layer1: Required<LinearParameters<T>>;
  /** `weight` is `[width, hidden]`. */
  readonly layer2: Required<LinearParameters<T>>;
}

/**
 * What a method may scale skips with.
 * @category Skip scaling
 */
export interface SkipScalingInputs {
  /** By skip, the index that powers of kappa count, 1 outermost: the skip's, or its resolution's. */
  readonly kappa_indices: readonly number[];
  /** Base of the constant scaling. */
  readonly kappa: number;
  /** The gate of all these skips; always given to methods that have gates. */
  readonly gate?: GateParameters<Tensor>;
  /** Called with the gate's values for each skip, `[batch, width]`. */
  readonly observeGates: (values: readonly Tensor[]) => void;
}

/**
 * A method to scale skips, a row of {@linkcode SKIP_SCALINGS}.
 * @category Skip scaling
 */
export interface SkipScalingMethod {
  /** What `--scalelong` takes. */
  readonly number: number;
  /** Its name in reports, the paper's where it has one. */
  readonly name: string;
  /** How skips are scaled, as help continues "how long skips are scaled: 2 ..". */
  readonly help: string;
  /** Which learned gates it has. */
  readonly gates: SkipGates;
  /** Whether kappa is a setting of it. */
  readonly uses_kappa: boolean;
  /** Place in the paper's order of oscillation ranges, 0 widest; null: not compared there. */
  readonly paper_rank: number | null;
  /**
   * Scales skips `[batch, width, ..]`, those that share a gate at once; the results have their shapes
   * and types.
   */
  readonly scale: (skips: readonly Tensor[], inputs: SkipScalingInputs) => readonly Tensor[];
}

/**
 * The methods, by number from 0; 0 to 4 are the paper's.
 * @category Skip scaling
 */
export const SKIP_SCALINGS = [
  {
    number: 0,
    name: "original",
    help: "not at all",
    gates: "none",
    uses_kappa: false,
    paper_rank: 0,
    scale: originals,
  },
  {
    number: 1,
    name: "1/sqrt(2)-CS",
    help: "by 1/sqrt(2)",
    gates: "none",
    uses_kappa: false,
    paper_rank: 1,
    scale: inverseSqrt2s,
  },
  {
    number: 2,
    name: "CS",
    help: "by powers of kappa (CS)",
    gates: "none",
    uses_kappa: true,
    paper_rank: 2,
    scale: powersOfKappa,
  },
  {
    number: 3,
    name: "LS",
    help: "by a learned gate (LS)",
    gates: "shared",
    uses_kappa: false,
    paper_rank: 2,
    scale: gated,
  },
  {
    number: 4,
    name: "LS (non-share)",
    help: "by a learned gate for each skip (LS, not shared)",
    gates: "each",
    uses_kappa: false,
    paper_rank: 2,
    scale: gated,
  },
] as const satisfies readonly SkipScalingMethod[];

/**
 * Scaling methods by the number that `--scalelong` takes.
 * @category Skip scaling
 */
export type SkipScaling = typeof SKIP_SCALINGS[number]["number"];

/**
 * The row of a method.
 * @category Skip scaling
 */
export function skipScaling(method: SkipScaling): SkipScalingMethod {
  return SKIP_SCALINGS[method];
}

/** Numbers of the methods that have the given gates. */
export function methodsWithGates(gates: SkipGates): SkipScaling[] {
  return SKIP_SCALINGS.filter((method) => method.gates === gates).map(({ number }) => number);
}

/** Numbers of the methods that use kappa. */
export function methodsWithKappa(): SkipScaling[] {
  return SKIP_SCALINGS.filter(({ uses_kappa }) => uses_kappa).map(({ number }) => number);
}

/**
 * Method 0: `s_i`, as in U-ViT and most UNets.
 * @category Skip scaling
 */
export function original(skip: Tensor): Tensor {
  return skip;
}

/**
 * Method 1, 1/sqrt(2)-CS: `s_i / sqrt(2)`, common practice that the paper explains.
 * @category Skip scaling
 */
export function inverseSqrt2(skip: Tensor): Tensor {
  return affine(skip, Math.SQRT1_2);
}

/**
 * Method 2, constant scaling (CS): `kappa^(i-1) s_i`.
 *
 * @param i index of the skip, 1 (outermost) to N (innermost)
 * @param kappa the paper uses 0.5 to 0.95; 1 is the original
 * @category Skip scaling
 */
export function constantScaling(skip: Tensor, i: number, kappa: number): Tensor {
  return affine(skip, kappa ** (i - 1));
}

/**
 * Methods 3 and 4, learnable scaling (LS): `s_i * gate(s_i)`, where the gate, `[batch, width]`, is
 * `sigmoid(layer2(relu(layer1(mean over all dimensions after the second))))`: U-ViT's skips have a
 * gate value per token, averaged over channels, the UNet's one per channel, averaged over pixels.
 * Method 3 shares one gate among all skips, method 4 has one for each.
 *
 * @param skip `[batch, width, ..]`
 * @param observeGate called with the gate's values
 * @category Skip scaling
 */
export function learnableScaling(
  skip: Tensor,
  gate: GateParameters<Tensor>,
  observeGate?: (values: Tensor) => void,
): Tensor {
  const { scaled: [scaled], gates: [values] } = squeezeExcitation([skip], gate);
  observeGate?.(values);
  return scaled;
}

function originals(skips: readonly Tensor[]): readonly Tensor[] {
  return skips.map(original);
}

function inverseSqrt2s(skips: readonly Tensor[]): readonly Tensor[] {
  return skips.map(inverseSqrt2);
}

function powersOfKappa(
  skips: readonly Tensor[],
  { kappa, kappa_indices }: SkipScalingInputs,
): readonly Tensor[] {
  return skips.map((skip, n) => constantScaling(skip, kappa_indices[n], kappa));
}

function gated(
  skips: readonly Tensor[],
  { gate, observeGates }: SkipScalingInputs,
): readonly Tensor[] {
  const { scaled, gates } = squeezeExcitation(skips, gate!);
  observeGates(gates);
  return scaled;
}

/**
 * What {@linkcode scaleSkip} needs besides the skip and its index.
 * @category Skip scaling
 */
export interface SkipScalingOptions {
  /** The method's number. */
  readonly method: SkipScaling;
  /** Base of method 2. */
  readonly kappa: number;
  /** What method 2 counts instead of the skip's index; 1 is the outermost. */
  readonly kappa_index?: number;
  /** The skip's gate, for methods with gates. */
  readonly gate?: GateParameters<Tensor>;
  /** Called with the skip as `skips.<i>` and `scaled_skips.<i>`, and its gate as `gates.<i>`. */
  readonly observe?: Observe;
}

/**
 * Scales skip `s_i`, `[batch, width, ..]`, by the chosen method.
 *
 * @param i index of the skip, 1 (outermost) to N (innermost)
 * @throws {TypeError} where a method with gates is given none
 * @category Skip scaling
 */
export function scaleSkip(skip: Tensor, i: number, options: SkipScalingOptions): Tensor {
  const { kappa_index = i, gate } = options;
  return scaleTogether([{ i, skip, kappa_index }], gate, options)[0];
}

/** What {@linkcode scaleSkips} needs besides the skips. */
export interface SkipsScalingOptions extends Omit<SkipScalingOptions, "kappa_index" | "gate"> {
  /** What method 2 counts instead of the skips' indices, by skip; 1 is the outermost. */
  readonly kappa_indices?: readonly number[];
  /** The gates of all skips. */
  readonly gates: readonly GateParameters<Tensor>[];
  /** Index of the gate of each skip, the innermost first, as in {@linkcode GateLayout}. */
  readonly gate_of: readonly number[];
}

/**
 * Scales all skips of a network, `s_1` (outermost) to `s_N`, by the chosen method: as
 * {@linkcode scaleSkip} does each, in fewer kernels where they share a gate.
 */
export function scaleSkips(skips: readonly Tensor[], options: SkipsScalingOptions): Tensor[] {
  const { gates, gate_of, kappa_indices } = options;
  const innermostFirst = skips
    .map((skip, n) => ({ i: n + 1, skip, kappa_index: kappa_indices?.[n] ?? n + 1 }))
    .reverse();
  const scaled: Tensor[] = [];
  for (const [gate, members] of Map.groupBy(innermostFirst, (_, n) => gate_of[n] ?? -1)) {
    const results = scaleTogether(members, gates[gate], options);
    members.forEach(({ i }, n) => scaled[i - 1] = results[n]);
  }
  return scaled;
}

/** Scales skips that share a gate, or have none. */
function scaleTogether(
  members: readonly { readonly i: number; readonly skip: Tensor; readonly kappa_index: number }[],
  gate: GateParameters<Tensor> | undefined,
  { method, kappa, observe }: SkipScalingOptions | SkipsScalingOptions,
): readonly Tensor[] {
  const { gates, scale } = skipScaling(method);
  if (gates !== "none" && !gate) {
    throw new TypeError(`method ${method} needs a gate for skip ${members[0].i}`);
  }
  const observeAs = (name: string, values: readonly Tensor[]) =>
    members.forEach(({ i }, n) => observe?.(`${name}.${i}`, values[n]));
  const skips = members.map(({ skip }) => skip);
  observeAs("skips", skips);
  const scaled = scale(skips, {
    kappa,
    kappa_indices: members.map(({ kappa_index }) => kappa_index),
    gate,
    observeGates: (values) => observeAs("gates", values),
  });
  observeAs("scaled_skips", scaled);
  return scaled;
}

/** The gates of a network's skips. */
export interface GateLayout {
  /** Width of each gate. */
  readonly widths: readonly number[];
  /** Index of the gate of each skip; empty for a method without gates. */
  readonly gate_of: readonly number[];
}

/**
 * Which gates a method has, in the order of their first use.
 *
 * @param skip_widths size of each skip's second dimension, innermost skip first
 */
export function gateLayout(method: SkipScaling, skip_widths: readonly number[]): GateLayout {
  const { gates } = skipScaling(method);
  if (gates === "none") return { widths: [], gate_of: [] };
  if (gates === "each") return { widths: skip_widths, gate_of: [...skip_widths.keys()] };
  const widths = [...new Set(skip_widths)];
  return { widths, gate_of: skip_widths.map((width) => widths.indexOf(width)) };
}

/**
 * Describes a gate of `width` values; its hidden layer has a 16th of them, at least 1.
 * @category Skip scaling
 */
export function gateParameters<T>(
  make: MakeParameter<T>,
  prefix: string,
  width: number,
): GateParameters<T> {
  const hidden = Math.max(1, Math.floor(width / 16));
  return {
    layer1: linearParameters(make, `${prefix}.layer1`, hidden, width),
    layer2: linearParameters(make, `${prefix}.layer2`, width, hidden),
  };
}
