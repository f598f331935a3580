import type { Capabilities } from "../capabilities.ts";
import type { Variants } from "../kernels/dispatch.ts";
import { type KernelChoices, startEmission } from "../kernels/emission.ts";
import { type Trial, trialOf } from "./trial.ts";

/** Incremented with every change to the kernels that may change which variant is fastest. */
const KERNELS_VERSION = 7;

/** Repetitions of a variant in a trial; the first is a warm-up. */
const REPEATS = 5;

/** Time relative to the usual variant below which another is preferred: a smaller gain is noise. */
const WORTH = 0.95;

/**
 * Remembers the results of timing from one process to the next.
 * @category Engine
 */
export interface TuningMemory {
  /** The variants chosen for an adapter, by key; an empty map where nothing is known. */
  recall(adapter: string): Promise<ReadonlyMap<string, string>>;
  /** Stores all variants chosen for an adapter. */
  remember(adapter: string, choices: ReadonlyMap<string, string>): Promise<void>;
}

/**
 * The key of an adapter's choices: its description and the version of the kernels.
 * @category Engine
 */
export function tuningName({ vendor, architecture, device, description }: GPUAdapterInfo): string {
  const words = [vendor, architecture, device, description].filter((word) => word !== "");
  return `${words.join(" ")}, kernels ${KERNELS_VERSION}`;
}

/**
 * The kernel variants chosen on a device, each timed once.
 * @category Engine
 */
export class Tuning {
  readonly #adapter: string;
  readonly #memory: TuningMemory;
  readonly #choices: Map<string, string>;
  #last: Promise<void> = Promise.resolve();

  private constructor(adapter: string, memory: TuningMemory, choices: Map<string, string>) {
    this.#adapter = adapter;
    this.#memory = memory;
    this.#choices = choices;
  }

  /** Starts from what the memory knows of the adapter. */
  static async open(info: GPUAdapterInfo, memory: TuningMemory): Promise<Tuning> {
    const adapter = tuningName(info);
    return new Tuning(adapter, memory, new Map(await memory.recall(adapter)));
  }

  /** The variants chosen so far, by key. */
  get choices(): KernelChoices {
    return this.#choices;
  }

  /** Takes the variants that were chosen on another device of the same job; nothing is remembered. */
  adopt(choices: KernelChoices): void {
    this.#choices.clear();
    for (const [key, name] of choices) this.#choices.set(key, name);
  }

  /**
   * Times the variants that are not decided yet, and remembers the fastest of each.
   *
   * @param timeOf milliseconds of a trial, or `null` where it cannot be run
   * @internal
   */
  decide(
    capabilities: Capabilities,
    undecided: ReadonlyMap<string, Variants>,
    timeOf: (trial: Trial) => Promise<number | null>,
  ): Promise<void> {
    // One after another: concurrent trials would disturb each other.
    const decided = this.#last.then(() => this.#decide(capabilities, undecided, timeOf));
    this.#last = decided.catch(() => {});
    return decided;
  }

  async #decide(
    capabilities: Capabilities,
    undecided: ReadonlyMap<string, Variants>,
    timeOf: (trial: Trial) => Promise<number | null>,
  ): Promise<void> {
    let found = false;
    for (const [key, variants] of undecided) {
      if (variants.names.includes(this.#choices.get(key) ?? "")) continue;
      const times: (number | null)[] = [];
      for (const name of variants.names) {
        times.push(await timeOf(variantTrial(capabilities, variants, name)));
      }
      const best = fastest(times);
      if (best === null) continue;
      this.#choices.set(key, variants.names[best]);
      found = true;
    }
    if (found) await this.#memory.remember(this.#adapter, this.#choices);
  }
}

function variantTrial(capabilities: Capabilities, { trial }: Variants, name: string): Trial {
  const { emitter, dispatches } = startEmission(capabilities, new Map());
  trial(emitter, name);
  return trialOf(dispatches, REPEATS);
}

/** Which of the times is best, the first being the usual variant's; `null` where one is missing. */
function fastest(times: readonly (number | null)[]): number | null {
  let best = 0;
  for (let i = 0; i < times.length; i++) {
    const [time, least] = [times[i], times[best]];
    if (time === null || least === null) return null;
    if (time < least * (best === 0 ? WORTH : 1)) best = i;
  }
  return best;
}
