import type { Device } from "../device.ts";
import type { Dispatch, Storage } from "../kernels/dispatch.ts";
import type { Layout } from "../plan/layout.ts";
import { OutOfMemoryError, Plan } from "../plan/plan.ts";
import { trialOf } from "../plan/trial.ts";
import { type KernelSample, workOf } from "./kernel_rates.ts";

/** A plan and how often it runs. */
export interface RepeatedLayout {
  /** The plan, not yet on a device. */
  readonly layout: Layout;
  /** Runs of it. */
  readonly runs: number;
}

/** Milliseconds of runs whose mean counts, and most runs: all of them are queued at once. */
const [SERIES_MS, MOST_RUNS] = [1000, 64];

/**
 * Times whole plans on memory of their own and divides the time among their kernels: one after
 * another, as they are run, each finds in the caches what it would find there. What they compute is
 * of no use to anyone.
 *
 * @returns a sample for each kernel; null where the device's memory does not suffice
 */
export async function measureKernels(
  device: Device,
  layouts: readonly RepeatedLayout[],
): Promise<KernelSample[] | null> {
  const samples: KernelSample[] = [];
  for (const { layout, runs } of layouts) {
    const trial = trialOf(onOwnMemory(layout.dispatches), 1).layout;
    using plan = await Plan.build(device, trial).catch((error: unknown) => {
      if (error instanceof OutOfMemoryError) return null;
      throw error;
    });
    if (!plan) return null;
    const one = await secondRun(device, plan);
    const n = Math.min(MOST_RUNS, Math.round(SERIES_MS / one));
    const whole = n > 1 ? await milliseconds(device, plan, n) / n : one;
    const parts = device.gpu.features.has("timestamp-query")
      ? (await plan.profile()).map((kernel) => kernel.milliseconds)
      : plan.steps.map(workOf);
    const sum = parts.reduce((a, b) => a + b, 0);
    plan.steps.forEach((step, i) =>
      samples.push({ step, count: runs, milliseconds: whole * parts[i] / sum })
    );
  }
  return samples;
}

/** The first is slower: memory is touched for the first time. */
async function secondRun(device: Device, plan: Plan): Promise<number> {
  await milliseconds(device, plan, 1);
  return await milliseconds(device, plan, 1);
}

async function milliseconds(device: Device, plan: Plan, runs: number): Promise<number> {
  const start = performance.now();
  for (let i = 0; i < runs; i++) plan.run();
  await device.idle();
  return performance.now() - start;
}

/** The same kernels on memory of their own in place of states. */
function onOwnMemory(dispatches: readonly Dispatch[]): Dispatch[] {
  const owned = new Map<Storage, Storage>();
  const own = (storage: Storage): Storage => {
    if (storage.kind !== "external") return storage;
    const known = owned.get(storage) ?? { ...storage, kind: "own" };
    owned.set(storage, known);
    return known;
  };
  return dispatches.map((dispatch) => ({
    ...dispatch,
    bindings: dispatch.bindings.map(({ ref, access }) => ({
      ref: { ...ref, storage: own(ref.storage) },
      access,
    })),
  }));
}
