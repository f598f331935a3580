/** A part of a series of numbers: one logged step, or a stretch of them. */
export interface Stretch {
  /** The first step of the stretch. */
  readonly first: number;
  /** The last step of the stretch. */
  readonly last: number;
  /** The mean of the finite values; null where there is none. */
  readonly mean: number | null;
  /** The smallest finite value; null where there is none. */
  readonly min: number | null;
  /** The largest finite value; null where there is none. */
  readonly max: number | null;
}

interface Part {
  first: number;
  last: number;
  sum: number;
  count: number;
  min: number;
  max: number;
}

/**
 * A series of any length in bounded memory: when there are too many parts, neighbours are merged, and
 * each later one takes twice as many steps. Smallest and largest values are never lost.
 */
export class ThinnedSeries {
  #parts: Part[] = [];
  /** Values in a part, and in the last one so far. */
  #width = 1;
  #filled = 0;
  #last: number | null = null;

  /** @param most parts, an even number; a long series has at least half as many */
  constructor(readonly most = 512) {}

  /** The last finite value. */
  get last(): number | null {
    return this.#last;
  }

  /** Adds the value of a step; what is no finite number is a gap. */
  add(step: number, value: unknown): void {
    const isKnown = typeof value === "number" && Number.isFinite(value);
    const known = isKnown ? value : NaN;
    if (isKnown) this.#last = value;
    const one: Part = {
      first: step,
      last: step,
      sum: isKnown ? known : 0,
      count: Number(isKnown),
      min: isKnown ? known : Infinity,
      max: isKnown ? known : -Infinity,
    };
    const part = this.#parts.at(-1);
    if (part && this.#filled < this.#width) {
      merge(part, one);
      this.#filled++;
      return;
    }
    if (this.#parts.length === this.most) {
      this.#parts = pairs(this.#parts);
      this.#width *= 2;
    }
    this.#parts.push(one);
    this.#filled = 1;
  }

  /** The parts, in order. */
  stretches(): Stretch[] {
    return this.#parts.map(({ first, last, sum, count, min, max }) =>
      count === 0
        ? { first, last, mean: null, min: null, max: null }
        : { first, last, mean: sum / count, min, max }
    );
  }
}

function merge(part: Part, { last, sum, count, min, max }: Part): void {
  part.last = last;
  part.sum += sum;
  part.count += count;
  part.min = Math.min(part.min, min);
  part.max = Math.max(part.max, max);
}

function pairs(parts: readonly Part[]): Part[] {
  const merged: Part[] = [];
  for (let i = 0; i < parts.length; i += 2) {
    const part = { ...parts[i] };
    if (i + 1 < parts.length) merge(part, parts[i + 1]);
    merged.push(part);
  }
  return merged;
}
