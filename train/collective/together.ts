import type { Device, PlanSpec, State } from "../../engine/mod.ts";
import { tune } from "../../engine/plan/compile.ts";
import { broadcastValue } from "./broadcast_value.ts";
import type { Collective } from "./collective.ts";
import { RankSums, type StepSums } from "./rank_sums.ts";

/**
 * What the ranks must have alike before the first step.
 * @category Training
 */
export interface StepParts {
  /** What the step adds up over its micro-batches. */
  readonly sums: StepSums;
  /** Weights, moments and so on. */
  readonly states: readonly State[];
  /** What is compiled. */
  readonly specs: readonly PlanSpec[];
}

/**
 * Training by several processes, as a step and the loop see it: this rank is one of them.
 * @category Training
 */
export class Together {
  /** The number of this process, from 0. */
  readonly rank: number;
  /** How many processes there are. */
  readonly size: number;
  readonly #collective: Collective;

  /** Trains with the ranks of `collective`. */
  constructor(collective: Collective) {
    this.rank = collective.rank;
    this.size = collective.size;
    this.#collective = collective;
  }

  /** The value of rank 0: what JSON can say. */
  async first<T>(value: T): Promise<T> {
    return await broadcastValue(this.#collective, value);
  }

  /** Gives all ranks the states and the kernel variants of rank 0. @returns what sums in each step */
  async start(device: Device, { sums, states, specs }: StepParts): Promise<RankSums> {
    using resources = new DisposableStack();
    const ranks = resources.use(new RankSums(device, sums, states, this.#collective));
    await ranks.broadcast();
    // Equal kernels round equally on equal adapters.
    if (this.rank === 0) { for (const spec of specs) await tune(device, spec); }
    const choices = await this.first([...device.tuning?.choices ?? []]);
    if (this.rank > 0) device.tuning?.adopt(new Map(choices));
    resources.move();
    return ranks;
  }
}
