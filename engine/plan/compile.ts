import type { Device } from "../device.ts";
import { layOut, type PlanSpec } from "./layout.ts";
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
  const { capabilities, tuning } = device;
  const usual = layOut(capabilities, spec, tuning?.choices);
  if (!tuning || usual.undecided.size === 0) return await Plan.build(device, usual, spec);
  // Nothing is timed for a plan that cannot run.
  checkLimits(device, usual.dispatches);
  await tuning.decide(capabilities, usual.undecided, (trial) => timeTrial(device, trial));
  return await Plan.build(device, layOut(capabilities, spec, tuning.choices), spec);
}
