import type { Device } from "../device.ts";
import { boundBytes, type Dispatch } from "../kernels/dispatch.ts";
import { type Layout, type PlanStep, planSteps } from "../plan/layout.ts";
import { repetitionTimes } from "../plan/time_trial.ts";
import { onOwnMemory, trialOf } from "../plan/trial.ts";
import { KernelRates, type KernelSample, workOf } from "./kernel_rates.ts";

/** A plan and how often it runs. */
export interface RepeatedLayout {
  /** The plan, not yet on a device. */
  readonly layout: Layout;
  /** Runs of it. */
  readonly runs: number;
}

/** What was measured of an adapter's kernels. */
export interface MeasuredKernels {
  /** Milliseconds of kernels. */
  readonly rates: KernelRates;
  /** How many kernels were timed. */
  readonly timed: number;
  /** The fraction of the work whose kernels, or others with their label, were timed. */
  readonly coverage: number;
}

/**
 * Milliseconds that all kernels together are timed for, each as long as its fraction of the work. The
 * best time counts: what else runs on the machine may hold a kernel up for longer than it takes.
 */
const SERIES_MS = 1200;
/** The same of one kernel, at least and at most, and its repetitions; a first one is a warm-up. */
const [LEAST_MS, MOST_MS] = [8, 150];
const [LEAST_RUNS, MOST_RUNS] = [3, 32];
/** The fractions of the work whose kinds, and whose very kernels, are timed where there is time. */
const [ENOUGH_KINDS, ENOUGH_KERNELS] = [0.998, 0.9];
/** Memory of a kernel up to which it is timed. */
const MOST_BYTES = 2 ** 30;

/**
 * Times kernels of plans, each once: the largest of each kind, then the others, those with the most
 * work first, until nearly all of it is known or `milliseconds` are over; compiling counts. What they
 * compute is of no use to anyone.
 *
 * @param sample plans whose kernels are timed
 * @param whole plans with the same kinds of kernels, in which their work is counted
 */
export async function measureKernels(
  device: Device,
  sample: readonly RepeatedLayout[],
  whole: readonly RepeatedLayout[],
  milliseconds: number,
): Promise<MeasuredKernels> {
  const samples: KernelSample[] = [];
  const labels = new Set<string>();
  const weights = weightByLabel(whole);
  let covered = 0;
  const start = performance.now();
  const isOver = () => samples.length > 0 && performance.now() - start > milliseconds;
  const time = async ({ dispatch, step, count, weight }: Kind) => {
    if (boundBytes(dispatch) > MOST_BYTES) return;
    const series = Math.min(MOST_MS, Math.max(LEAST_MS, weight * SERIES_MS));
    const expected = new KernelRates(samples).milliseconds([step]);
    const runs = expected > 0 ? Math.round(series / expected) : LEAST_RUNS;
    const repeats = 1 + Math.min(MOST_RUNS, Math.max(LEAST_RUNS, runs));
    const times = await repetitionTimes(device, trialOf([onOwnMemory(dispatch)], repeats));
    if (!times) return;
    samples.push({ step, count, milliseconds: Math.min(...times) });
    labels.add(step.label);
    covered += weight;
  };
  const known = () => sum([...labels].map((label) => weights.get(label) ?? 0));

  const kernels = kernelsOf(sample, weights);
  const kinds = Map.groupBy(kernels, ({ step }) => step.label);
  const byWeight = [...kinds].toSorted(([a], [b]) => (weights.get(b) ?? 0) - (weights.get(a) ?? 0));
  for (const [, [largest]] of byWeight) {
    if (isOver() || known() >= ENOUGH_KINDS) break;
    await time(largest);
  }
  const others = kernels.filter((kernel) => kinds.get(kernel.step.label)![0] !== kernel);
  for (const kernel of others) {
    if (isOver() || covered >= ENOUGH_KERNELS) break;
    await time(kernel);
  }
  return { rates: new KernelRates(samples), timed: samples.length, coverage: known() };
}

/** A kernel, how often it runs, and the fraction of all work that is done by it. */
interface Kind {
  readonly dispatch: Dispatch;
  readonly step: PlanStep;
  readonly count: number;
  readonly weight: number;
}

/**
 * The different kernels of plans, those with the most work first: kernels of equal text, sizes and
 * grid take equally long.
 *
 * @param weights fraction of all work by label
 */
function kernelsOf(
  layouts: readonly RepeatedLayout[],
  weights: ReadonlyMap<string, number>,
): Kind[] {
  const kernels = new Map<string, { dispatch: Dispatch; step: PlanStep; count: number }>();
  for (const { layout, runs } of layouts) {
    const steps = planSteps(layout);
    for (const [i, dispatch] of layout.dispatches.entries()) {
      const { code, uniforms, workgroups } = dispatch;
      const key = [boundBytes(dispatch), workgroups, uniforms ?? "", code].join();
      const known = kernels.get(key);
      if (known) known.count += runs;
      else kernels.set(key, { dispatch, step: steps[i], count: runs });
    }
  }
  const own = weightByLabel(layouts);
  const total = sum([...kernels.values()].map(({ step, count }) => count * workOf(step)));
  return [...kernels.values()].map((kernel) => {
    const { step, count } = kernel;
    const ofLabel = count * workOf(step) / total / own.get(step.label)!;
    return { ...kernel, weight: ofLabel * (weights.get(step.label) ?? 0) };
  }).sort((a, b) => b.weight - a.weight);
}

/** The fraction of the work that is done by the kernels of each label. */
function weightByLabel(layouts: readonly RepeatedLayout[]): Map<string, number> {
  const work = new Map<string, number>();
  for (const { layout, runs } of layouts) {
    for (const step of planSteps(layout)) {
      work.set(step.label, (work.get(step.label) ?? 0) + runs * workOf(step));
    }
  }
  const total = sum(work.values());
  return new Map([...work].map(([label, n]) => [label, n / total]));
}

function sum(values: Iterable<number>): number {
  return [...values].reduce((a, b) => a + b, 0);
}
