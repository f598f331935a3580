import {
  add,
  concat,
  input,
  mul,
  randomNormal,
  reshape,
  type Shape,
  slice,
  sub,
  type Tensor,
} from "../../engine/mod.ts";
import type { NoiseSchedule } from "../../train/diffusion/noise_schedule.ts";
import type { TargetName } from "../../train/diffusion/targets.ts";
import { applyClipping, type Clipping } from "../clipping.ts";
import { conversion, type Prediction, type SamplerStep } from "../samplers/program.ts";
import type { Network } from "../trained_network.ts";

/** What the graph of a kind of step is built from. */
export interface StepGraphOptions {
  /** Shape of the batch, `[n, C, H, W]`. */
  readonly shape: Shape;
  readonly network: Network;
  /** What `model` means in the steps. */
  readonly prediction: Prediction;
  readonly limit: Clipping;
  /** Whether the network is asked with and without labels, in one call. */
  readonly guided: boolean;
}

/** The slots that steps show the network, and those that they set with what they add up for each. */
interface Form {
  readonly look: readonly string[];
  readonly set: Readonly<Record<string, readonly string[]>>;
}

/** Philox stream of the noise that steps add. */
const ADDED = 4;

/**
 * The graph that serves every one of some steps: their multiples are its inputs, by image. Its
 * other inputs are `labels` (i32, `[n]`, or `[2 n]` where guided) for a network with labels, and
 * `key` where it draws noise.
 */
export class StepGraph {
  /** New values of the slots that any of the steps sets. */
  readonly values: Readonly<Record<string, Tensor>>;
  /** Whether it draws noise. */
  readonly noisy: boolean;
  readonly #options: StepGraphOptions;
  readonly #form: Form;
  /** The inputs that are multiples, `[n, 1, 1, 1]`, by name. */
  readonly #factors: Record<string, Tensor> = {};

  /** The conversions of predictions, by the name that their multiples have. */
  readonly #conversions = new Map<string, { from: TargetName; to: Prediction }>();

  /** @param read the content of a slot, as graph */
  constructor(
    options: StepGraphOptions,
    steps: readonly SamplerStep[],
    read: (slot: string) => Tensor,
  ) {
    this.#options = options;
    this.#form = formOf(steps);
    this.noisy = Object.values(this.#form.set).some((sources) => sources.includes("noise"));
    this.values = this.#build(read, steps[0].t !== null);
  }

  /**
   * The inputs that are multiples, for steps of the graph's form, one for each image.
   *
   * @param scales guidance by image
   * @throws {TypeError} where a step has a term that the graph's steps do not
   */
  factors(
    schedule: NoiseSchedule,
    steps: readonly SamplerStep[],
    scales: readonly number[],
  ): Record<string, Float32Array> {
    const values = steps.map((step, i) => this.#valuesOf(schedule, step, scales[i]));
    const names = Object.keys(this.#factors);
    return Object.fromEntries(
      names.map((name) => [name, Float32Array.from(values, (v) => v.get(name) ?? 0)]),
    );
  }

  #valuesOf(
    schedule: NoiseSchedule,
    { t, look, set }: SamplerStep,
    scale: number,
  ): Map<string, number> {
    const values = new Map<string, number>();
    for (const [slot, factor] of Object.entries(look)) values.set(`look ${slot}`, factor);
    for (const target of Object.keys(set)) {
      const sum = Object.entries(set[target]);
      for (const [source, factor] of sum) values.set(`${target} of ${source}`, factor);
    }
    const strange = [...values.keys()].find((name) => !(name in this.#factors));
    if (strange) throw new TypeError(`a step has "${strange}", its forms do not`);
    for (const target of Object.keys(this.#form.set)) {
      // A slot that this step leaves alone keeps its value.
      if (!(target in set)) values.set(`${target} of ${target}`, 1);
    }
    if (t === null) return values;
    values.set("timestep", schedule.timestep(t)).set("scale", scale);
    for (const [name, pair] of this.#conversions) {
      const { x, model } = conversion(schedule, t, pair);
      values.set(`${name} of x`, x).set(`${name} of model`, model);
    }
    return values;
  }

  #factor(name: string): Tensor {
    const { shape } = this.#options;
    return this.#factors[name] ??= input(name, [shape[0], ...shape.slice(1).map(() => 1)]);
  }

  #build(read: (slot: string) => Tensor, asks: boolean): Record<string, Tensor> {
    const sources: Record<string, Tensor> = {};
    const source = (name: string) => sources[name] ??= read(name);
    if (asks) sources.model = this.#model(source);
    if (this.noisy) {
      sources.noise = randomNormal(input("key", [4], "u32"), this.#options.shape, ADDED);
    }
    const values = Object.entries(this.#form.set).map(([target, names]) => {
      const terms = names.map((name) => mul(this.#factor(`${target} of ${name}`), source(name)));
      return [target, total(terms)] as const;
    });
    return Object.fromEntries(values);
  }

  #model(source: (slot: string) => Tensor): Tensor {
    const { network, prediction, limit } = this.#options;
    const x = total(
      this.#form.look.map((slot) => mul(this.#factor(`look ${slot}`), source(slot))),
    );
    let model = this.#ask(x);
    let known = network.predicts;
    const convert = (to: Prediction) => {
      if (known === to) return;
      const name = `${known} to ${to}`;
      this.#conversions.set(name, { from: known, to });
      const factor = (of: string) => this.#factor(`${name} of ${of}`);
      model = add(mul(factor("x"), x), mul(factor("model"), model));
      known = to;
    };
    if (limit !== "none") {
      convert("data");
      model = applyClipping(model, limit);
    }
    convert(prediction);
    return model;
  }

  /** What the network predicts; where guided, from both halves of a batch twice as large. */
  #ask(x: Tensor): Tensor {
    const { network, guided, shape: [n] } = this.#options;
    const timesteps = reshape(this.#factor("timestep"), [n]);
    const labels = network.no_label === null
      ? undefined
      : input("labels", [guided ? 2 * n : n], "i32");
    if (!guided) return network.predict(x, timesteps, labels);
    const twice = (t: Tensor) => concat([t, t], 0);
    const both = network.predict(twice(x), twice(timesteps), labels);
    const [cond, uncond] = [slice(both, 0, 0, n), slice(both, 0, n, 2 * n)];
    return add(cond, mul(this.#factor("scale"), sub(cond, uncond)));
  }
}

function formOf(steps: readonly SamplerStep[]): Form {
  const look = new Set(steps.flatMap(({ look }) => Object.keys(look)));
  const targets = new Set(steps.flatMap(({ set }) => Object.keys(set)));
  const set = [...targets].map((target) => {
    const sources = steps.flatMap(({ set }) => Object.keys(set[target] ?? { [target]: 1 }));
    return [target, [...new Set(sources)]] as const;
  });
  return { look: [...look], set: Object.fromEntries(set) };
}

function total(terms: readonly Tensor[]): Tensor {
  return terms.reduce((sum, term) => add(sum, term));
}
