import type { PlanStep } from "../plan/layout.ts";

/** A kernel that was timed. */
export interface KernelSample {
  /** The kernel. */
  readonly step: PlanStep;
  /** How often it runs in what the rates are for. */
  readonly count: number;
  /** Milliseconds of one run. */
  readonly milliseconds: number;
}

/** What bounds a kernel: arithmetic, or memory. */
type Bound = "flops" | "bytes";

/** Milliseconds of a sum of kernels, and its work. */
interface Total {
  milliseconds: number;
  work: number;
}

/**
 * Operations that take about as long as moving a byte: 4 to 7 on CPUs, 10 to 20 on GPUs. It decides
 * by which of its counts a kernel's time grows; the rates themselves are measured.
 */
const FLOPS_PER_BYTE = 8;

/** A kernel's work in bytes: those it binds, or its operations if they take longer. */
export function workOf({ flops, bytes }: PlanStep): number {
  return Math.max(flops / FLOPS_PER_BYTE, bytes);
}

/**
 * How fast an adapter runs kernels: each kind, by the label, takes time in proportion to its work. A
 * kind that was not timed is as fast as all that were and are bound alike, by arithmetic or memory.
 */
export class KernelRates {
  readonly #kinds = new Map<string, Total>();

  /** @param samples without any, nothing takes time */
  constructor(samples: Iterable<KernelSample>) {
    for (const { step, count, milliseconds } of samples) {
      for (const key of [step.label, boundOf(step), ""]) {
        const total = this.#kinds.get(key) ?? { milliseconds: 0, work: 0 };
        total.milliseconds += count * milliseconds;
        total.work += count * workOf(step);
        this.#kinds.set(key, total);
      }
    }
  }

  /** Milliseconds that kernels take one after another. */
  milliseconds(steps: Iterable<PlanStep>): number {
    let sum = 0;
    for (const step of steps) {
      const kinds = [step.label, boundOf(step), ""].map((key) => this.#kinds.get(key));
      const total = kinds.find((kind) => kind !== undefined && kind.work > 0);
      if (total) sum += workOf(step) * total.milliseconds / total.work;
    }
    return sum;
  }
}

/** As the key of a kind it cannot be a kernel's label, which has no space in front. */
function boundOf({ flops, bytes }: PlanStep): ` ${Bound}` {
  return flops / FLOPS_PER_BYTE > bytes ? " flops" : " bytes";
}
