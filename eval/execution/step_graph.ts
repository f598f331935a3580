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
import { conditionInput } from "../../nets/conditioning.ts";
import type { NoiseSchedule } from "../../train/diffusion/noise_schedule.ts";
import type { TargetName } from "../../train/diffusion/targets.ts";
import { applyClipping, type Clipping } from "../clipping.ts";
import { conversion, type Prediction, type SamplerStep } from "../samplers/program.ts";
import type { Network } from "../trained_network.ts";

/** What the graph of a kind of step is built from. */
export interface StepGraphOptions {
  /** Shape of the batch, `[n, C, H, W]`. */
  readonly shape: Shape;
  /** The network, with its weights. */
  readonly network: Network;
  /** What `model` means in the steps. */
  readonly prediction: Prediction;
  /** What is done to each predicted image. */
  readonly limit: Clipping;
  /** Whether the network is called with and without the condition, in one batch. */
  readonly guided: boolean;
}

/** The slots of the model input, and the slots updated, each with the terms of its sum. */
interface Form {
  readonly input: readonly string[];
  readonly update: Readonly<Record<string, readonly string[]>>;
}

/** Philox stream of the noise that steps add. */
const ADDED = 4;

/**
 * One graph for many steps: their coefficients are its inputs, by image. Its other inputs are the
 * condition of a conditional network (of `2 n` images where guided), and `key` where it draws noise.
 */
export class StepGraph {
  /** New values of the slots that any of the steps updates. */
  readonly values: Readonly<Record<string, Tensor>>;
  /** Whether it draws noise, and so has the input `key`. */
  readonly noisy: boolean;
  readonly #options: StepGraphOptions;
  readonly #form: Form;
  /** The inputs that are coefficients, `[n, 1, 1, 1]`, by name. */
  readonly #factors: Record<string, Tensor> = {};

  /** The conversions of predictions, by the name of their coefficients. */
  readonly #conversions = new Map<string, { from: TargetName; to: Prediction }>();

  /** Builds the graph. @param read the content of a slot, as graph */
  constructor(
    options: StepGraphOptions,
    steps: readonly SamplerStep[],
    read: (slot: string) => Tensor,
  ) {
    this.#options = options;
    this.#form = formOf(steps);
    this.noisy = Object.values(this.#form.update).some((sources) => sources.includes("noise"));
    this.values = this.#build(read, steps[0].t !== null);
  }

  /**
   * The inputs that are coefficients, for steps of the graph's form, one for each image.
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
    step: SamplerStep,
    scale: number,
  ): Map<string, number> {
    const values = new Map<string, number>();
    for (const [slot, factor] of Object.entries(step.input)) values.set(`input ${slot}`, factor);
    for (const [target, terms] of Object.entries(step.update)) {
      const sum = Object.entries(terms);
      for (const [source, factor] of sum) values.set(`${target} of ${source}`, factor);
    }
    const unknown = [...values.keys()].find((name) => !(name in this.#factors));
    if (unknown) throw new TypeError(`a step has "${unknown}", its forms do not`);
    for (const target of Object.keys(this.#form.update)) {
      // A slot that this step leaves alone keeps its value.
      if (!(target in step.update)) values.set(`${target} of ${target}`, 1);
    }
    const { t } = step;
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

  #build(read: (slot: string) => Tensor, callsNetwork: boolean): Record<string, Tensor> {
    const sources: Record<string, Tensor> = {};
    const source = (name: string) => sources[name] ??= read(name);
    if (callsNetwork) sources.model = this.#model(source);
    if (this.noisy) {
      sources.noise = randomNormal(input("key", [4], "u32"), this.#options.shape, ADDED);
    }
    const values = Object.entries(this.#form.update).map(([target, names]) => {
      const terms = names.map((name) => mul(this.#factor(`${target} of ${name}`), source(name)));
      return [target, total(terms)] as const;
    });
    return Object.fromEntries(values);
  }

  #model(source: (slot: string) => Tensor): Tensor {
    const { network, prediction, limit } = this.#options;
    const x = total(
      this.#form.input.map((slot) => mul(this.#factor(`input ${slot}`), source(slot))),
    );
    let model = this.#predict(x);
    let predicted: TargetName = network.predicts;
    const convert = (to: Prediction) => {
      if (predicted === to) return;
      const name = `${predicted} to ${to}`;
      this.#conversions.set(name, { from: predicted, to });
      const factor = (of: string) => this.#factor(`${name} of ${of}`);
      model = add(mul(factor("x"), x), mul(factor("model"), model));
      predicted = to;
    };
    if (limit !== "none") {
      convert("data");
      model = applyClipping(model, limit);
    }
    convert(prediction);
    return model;
  }

  /** What the network predicts; where guided, from the two halves of a doubled batch. */
  #predict(x: Tensor): Tensor {
    const { network, guided, shape: [n] } = this.#options;
    const timesteps = reshape(this.#factor("timestep"), [n]);
    const condition = conditionInput(network.conditioning, guided ? 2 * n : n);
    if (!guided) return network.predict(x, timesteps, condition);
    const twice = (t: Tensor) => concat([t, t], 0);
    const both = network.predict(twice(x), twice(timesteps), condition);
    const [cond, uncond] = [slice(both, 0, 0, n), slice(both, 0, n, 2 * n)];
    return add(cond, mul(this.#factor("scale"), sub(cond, uncond)));
  }
}

function formOf(steps: readonly SamplerStep[]): Form {
  const slots = new Set(steps.flatMap(({ input }) => Object.keys(input)));
  const targets = new Set(steps.flatMap(({ update }) => Object.keys(update)));
  const update = [...targets].map((target) => {
    const sources = steps.flatMap(({ update }) => Object.keys(update[target] ?? { [target]: 1 }));
    return [target, [...new Set(sources)]] as const;
  });
  return { input: [...slots], update: Object.fromEntries(update) };
}

function total(terms: readonly Tensor[]): Tensor {
  return terms.reduce((sum, term) => add(sum, term));
}
