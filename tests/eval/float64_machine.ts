import type { NoiseSchedule } from "../../train/diffusion/noise_schedule.ts";
import { type Clipping, THRESHOLD_QUANTILE } from "../../eval/clipping.ts";
import {
  conversion,
  type Prediction,
  type SamplerMachine,
  type SamplerStep,
  type SlotSum,
  type ToleranceCheck,
} from "../../eval/samplers/program.ts";

/** What a {@linkcode Float64Machine} works with. */
export interface Float64MachineOptions {
  readonly schedule: NoiseSchedule;
  /** What the program's steps take the prediction to be. */
  readonly prediction: Prediction;
  /** The noise in images `x`, all of them one after another, the times being by image. */
  readonly noiseModel: (x: Float64Array, times: readonly number[]) => Float64Array;
  /** The images to begin with, one after another. */
  readonly x: ArrayLike<number>;
  /** What is done to each predicted image; nothing where not given. */
  readonly limit?: Clipping;
  /** Number of images; 1 where not given. */
  readonly images?: number;
  /** Fresh noise number `j`, from 0, for all elements; needed by programs that use noise. */
  readonly noise?: (j: number) => ArrayLike<number>;
}

/** Carries programs out plainly, on the CPU in float64: the oracle for samplers. */
export class Float64Machine implements SamplerMachine {
  readonly images: number;
  #options: Float64MachineOptions;
  #slots: Record<string, Float64Array>;
  #drawn = 0;

  constructor(options: Float64MachineOptions) {
    this.#options = options;
    this.images = options.images ?? 1;
    this.#slots = { x: Float64Array.from(options.x) };
  }

  /** The images as they are now. */
  get x(): Float64Array {
    return this.#slots.x;
  }

  run(step: SamplerStep | readonly SamplerStep[]): Promise<void> {
    const steps = this.#byImage(step);
    const { noise } = this.#options;
    const slots = { ...this.#slots };
    if (steps[0].t !== null) {
      const seen = this.#sums(slots, steps.map(({ input }) => input));
      slots.model = this.#model(seen, steps.map(({ t }) => t!));
    }
    const targets = Object.keys(steps[0].update);
    if (targets.some((name) => (steps[0].update[name].noise ?? 0) !== 0)) {
      if (!noise) throw new TypeError("the program draws noise, and none was given");
      slots.noise = Float64Array.from(noise(this.#drawn++));
    }
    for (const name of targets) {
      this.#slots[name] = this.#sums(slots, steps.map(({ update }) => update[name]));
    }
    return Promise.resolve();
  }

  errors({ a, b, c, absolute, relative }: ToleranceCheck): Promise<number[]> {
    const [u, v, w] = [a, b, c].map((name) => this.#slots[name]);
    const sums = new Array<number>(this.images).fill(0);
    for (let i = 0; i < u.length; i++) {
      const allowed = Math.max(absolute, relative * Math.max(Math.abs(v[i]), Math.abs(w[i])));
      sums[this.#imageOf(i)] += ((u[i] - v[i]) / allowed) ** 2;
    }
    return Promise.resolve(sums.map((sum) => Math.sqrt(sum * this.images / u.length)));
  }

  #model(x: Float64Array, times: readonly number[]): Float64Array {
    const { schedule, prediction, noiseModel, limit = "none" } = this.#options;
    const to = (kind: Prediction, model: Float64Array) =>
      model.map((value, i) => {
        const factors = conversion(schedule, times[this.#imageOf(i)], {
          from: kind === "data" ? "noise" : "data",
          to: kind,
        });
        return factors.x * x[i] + factors.model * value;
      });
    const noise = noiseModel(x, times);
    if (limit === "none") return prediction === "noise" ? noise : to("data", noise);
    const data = to("data", noise);
    const size = x.length / this.images;
    for (let at = 0; at < data.length; at += size) {
      limitInPlace(data.subarray(at, at + size), limit);
    }
    return prediction === "data" ? data : to("noise", data);
  }

  #byImage(step: SamplerStep | readonly SamplerStep[]): readonly SamplerStep[] {
    return "input" in step ? new Array<SamplerStep>(this.images).fill(step) : step;
  }

  #imageOf(element: number): number {
    return Math.floor(element * this.images / this.x.length);
  }

  #sums(slots: Readonly<Record<string, Float64Array>>, sums: readonly SlotSum[]): Float64Array {
    const out = new Float64Array(this.x.length);
    for (let i = 0; i < out.length; i++) {
      for (const [name, factor] of Object.entries(sums[this.#imageOf(i)])) {
        out[i] += factor * (slots[name]?.[i] ?? 0);
      }
    }
    return out;
  }
}

function limitInPlace(image: Float64Array, limit: Clipping): void {
  let s = 1;
  if (limit === "threshold") {
    const sorted = image.map(Math.abs).sort();
    const place = THRESHOLD_QUANTILE * (sorted.length - 1);
    const rank = Math.floor(place);
    const next = sorted[Math.min(rank + 1, sorted.length - 1)];
    s = Math.max(1, sorted[rank] + (place - rank) * (next - sorted[rank]));
  }
  image.forEach((value, i) => image[i] = Math.min(Math.max(value, -s), s) / s);
}
