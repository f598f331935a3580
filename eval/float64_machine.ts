import type { NoiseSchedule } from "./noise_schedules/noise_schedule.ts";
import type { ErrorTest, Machine, Prediction, Step, Sum } from "./samplers/program.ts";

/** What a {@linkcode Float64Machine} works with. */
export interface Float64MachineOptions {
  readonly schedule: NoiseSchedule;
  /** What the program's steps take the prediction to be. */
  readonly prediction: Prediction;
  /** The noise in pictures `x`, all of them one after another, the times being by picture. */
  readonly noiseModel: (x: Float64Array, times: readonly number[]) => Float64Array;
  /** The pictures to begin with, one after another. */
  readonly x: ArrayLike<number>;
  /** Number of pictures; 1 where not given. */
  readonly pictures?: number;
  /** Fresh noise number `j`, from 0, for all elements; needed by programs that use noise. */
  readonly noise?: (j: number) => ArrayLike<number>;
}

/** Carries programs out plainly, on the CPU in float64: the oracle for samplers. */
export class Float64Machine implements Machine {
  readonly pictures: number;
  #options: Float64MachineOptions;
  #slots: Record<string, Float64Array>;
  #drawn = 0;

  constructor(options: Float64MachineOptions) {
    this.#options = options;
    this.pictures = options.pictures ?? 1;
    this.#slots = { x: Float64Array.from(options.x) };
  }

  /** The pictures as they are now. */
  get x(): Float64Array {
    return this.#slots.x;
  }

  run(step: Step | readonly Step[]): Promise<void> {
    const steps = this.#byPicture(step);
    const { schedule, prediction, noiseModel, noise } = this.#options;
    const slots = { ...this.#slots };
    if (steps[0].t !== null) {
      const times = steps.map(({ t }) => t!);
      const seen = this.#sums(slots, steps.map(({ look }) => look));
      slots.model = noiseModel(seen, times);
      if (prediction === "data") {
        slots.model = slots.model.map((e, i) => {
          const t = times[this.#pictureOf(i)];
          return (seen[i] - schedule.sigma(t) * e) / schedule.alpha(t);
        });
      }
    }
    const targets = Object.keys(steps[0].set);
    if (targets.some((name) => (steps[0].set[name].noise ?? 0) !== 0)) {
      if (!noise) throw new TypeError("the program draws noise, and none was given");
      slots.noise = Float64Array.from(noise(this.#drawn++));
    }
    for (const name of targets) {
      this.#slots[name] = this.#sums(slots, steps.map(({ set }) => set[name]));
    }
    return Promise.resolve();
  }

  errors({ a, b, c, absolute, relative }: ErrorTest): Promise<number[]> {
    const [u, v, w] = [a, b, c].map((name) => this.#slots[name]);
    const sums = new Array<number>(this.pictures).fill(0);
    for (let i = 0; i < u.length; i++) {
      const allowed = Math.max(absolute, relative * Math.max(Math.abs(v[i]), Math.abs(w[i])));
      sums[this.#pictureOf(i)] += ((u[i] - v[i]) / allowed) ** 2;
    }
    return Promise.resolve(sums.map((sum) => Math.sqrt(sum * this.pictures / u.length)));
  }

  #byPicture(step: Step | readonly Step[]): readonly Step[] {
    return "look" in step ? new Array<Step>(this.pictures).fill(step) : step;
  }

  #pictureOf(element: number): number {
    return Math.floor(element * this.pictures / this.x.length);
  }

  #sums(slots: Readonly<Record<string, Float64Array>>, sums: readonly Sum[]): Float64Array {
    const out = new Float64Array(this.x.length);
    for (let i = 0; i < out.length; i++) {
      for (const [name, factor] of Object.entries(sums[this.#pictureOf(i)])) {
        // A slot that nothing was put in yet is not there; its factor is 0.
        if (factor !== 0) out[i] += factor * slots[name][i];
      }
    }
    return out;
  }
}
