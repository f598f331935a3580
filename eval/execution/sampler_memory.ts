import {
  type Capabilities,
  layOut,
  type MemoryNeed,
  memoryNeed,
  StateLayout,
} from "../../engine/mod.ts";
import type { DeviceMachineOptions } from "./device_machine.ts";
import { MachinePlans } from "./machine_plans.ts";

/**
 * What a sampler holds once it has drawn, its network's weights not counted; nor are an adaptive
 * method's plans that measure errors.
 */
export function samplerMemory(
  capabilities: Capabilities,
  options: DeviceMachineOptions,
): MemoryNeed {
  const plans = new MachinePlans(options, (shapes, label) => new StateLayout(shapes, label));
  const specs = [plans.start(), ...plans.kinds.map((kind) => plans.step(kind))];
  return memoryNeed(specs.map((spec) => layOut(capabilities, spec)), [...plans.slots.values()]);
}

/**
 * The same sampler for as many images at once as the adapter's bindings hold: all of them, a half, a
 * quarter and so on.
 */
export function fittingSampler(
  capabilities: Capabilities,
  options: DeviceMachineOptions,
): DeviceMachineOptions {
  const [n, ...rest] = options.shape;
  const { largest } = samplerMemory(capabilities, options);
  if (n === 1 || largest.bytes <= capabilities.maxBindingBytes) return options;
  return fittingSampler(capabilities, { ...options, shape: [Math.ceil(n / 2), ...rest] });
}
