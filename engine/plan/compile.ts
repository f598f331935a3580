import type { Device } from "../device.ts";
import { type Layout, layOut, type PlanSpec } from "./layout.ts";
import { checkLimits } from "./limits.ts";
import { Plan } from "./plan.ts";
import { timeTrial } from "./time_trial.ts";

/**
 * Turns a graph into a plan: groups the nodes into kernels, assigns memory, compiles the pipelines
 * and builds the bind groups.
 *
 * @throws {DeviceError} where the device refuses a kernel, with its source
 * @throws {ShapeError} where the graph cannot be planned
 * @category Engine
 */
export async function compile(device: Device, spec: PlanSpec): Promise<Plan> {
  return await Plan.build(device, await tunedLayout(device, spec), spec);
}

/**
 * Times those kernel variants of a graph that are not decided yet, where the device does so.
 *
 * @throws {DeviceError} where the adapter's limits do not allow the graph
 * @throws {ShapeError} where the graph cannot be planned
 * @category Engine
 */
export async function tune(device: Device, spec: PlanSpec): Promise<void> {
  if (device.tuning) await tunedLayout(device, spec);
}

async function tunedLayout(device: Device, spec: PlanSpec): Promise<Layout> {
  const { capabilities, tuning } = device;
  const usual = layOut(capabilities, spec, tuning?.choices);
  if (!tuning || usual.undecided.size === 0) return usual;
  // Nothing is timed for a plan that cannot run.
  checkLimits(device, usual.dispatches);
  await tuning.decide(capabilities, usual.undecided, (trial) => timeTrial(device, trial));
  return layOut(capabilities, spec, tuning.choices);
}
