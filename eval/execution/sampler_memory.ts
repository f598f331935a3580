import { type Capabilities, type MemoryNeed, memoryNeed } from "../../engine/mod.ts";
import type { DeviceMachineOptions } from "./machine_options.ts";
import { samplerLayouts } from "./sampler_layouts.ts";

/**
 * The device memory that a sampler holds once it has drawn, without its network's weights and an
 * adaptive method's plans for errors.
 * @category Samplers
 */
export function samplerMemory(
  capabilities: Capabilities,
  options: DeviceMachineOptions,
): MemoryNeed {
  const { start, kinds, slots } = samplerLayouts(capabilities, options);
  return memoryNeed([start, ...kinds.values()], slots);
}

/**
 * The same sampler with its batch halved until the largest binding fits the adapter, or one image is
 * left.
 * @category Samplers
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
