import type { LossAverageState } from "./checkpoints/loss_average_state.ts";

/** Weight of the past in the average. */
const DECAY = 0.96;

/** Exponential average of the losses, corrected for its start from zero. */
export class LossAverage {
  #sum: number;
  #weight: number;

  /** Goes on from where another was; default from the start. */
  constructor({ sum, weight }: LossAverageState = { sum: 0, weight: 0 }) {
    this.#sum = sum;
    this.#weight = weight;
  }

  /** Takes in the loss of the next step. */
  add(loss: number): void {
    this.#sum = DECAY * this.#sum + (1 - DECAY) * loss;
    this.#weight = DECAY * this.#weight + (1 - DECAY);
  }

  /** The average so far; NaN before the first loss. */
  get value(): number {
    return this.#sum / this.#weight;
  }

  /** All that another needs to go on from here, bit for bit. */
  get state(): LossAverageState {
    return { sum: this.#sum, weight: this.#weight };
  }
}
