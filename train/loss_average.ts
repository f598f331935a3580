/** Weight of the past in the average. */
const DECAY = 0.96;

/** Exponential average of the losses, corrected for its start from zero. */
export class LossAverage {
  #sum = 0;
  #weight = 0;

  /** Takes in the loss of the next step. */
  add(loss: number): void {
    this.#sum = DECAY * this.#sum + (1 - DECAY) * loss;
    this.#weight = DECAY * this.#weight + (1 - DECAY);
  }

  /** The average so far; NaN before the first loss. */
  get value(): number {
    return this.#sum / this.#weight;
  }
}
