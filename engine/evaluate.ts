import { Device } from "./device.ts";
import type { HostArray } from "./leaves.ts";
import { compile } from "./plan/compile.ts";
import type { Tensor } from "./tensor.ts";

let shared: Promise<Device> | null = null;

/**
 * The device that {@linkcode evaluate} uses: one per process, opened at first use.
 * @category Engine
 */
export function sharedDevice(): Promise<Device> {
  return shared ??= Device.open().catch((error) => {
    shared = null;
    throw error;
  });
}

/**
 * Traces, compiles and runs a tensor in one go, for notebooks and tests; loops use a plan.
 *
 * @param inputs elements of the graph's inputs, by name
 * @returns the elements, row-major
 * @category Engine
 */
export async function evaluate(
  tensor: Tensor,
  inputs: Readonly<Record<string, HostArray>> = {},
  device?: Device,
): Promise<Float32Array> {
  using plan = await compile(device ?? await sharedDevice(), { outputs: { tensor } });
  plan.run(inputs);
  return await plan.read("tensor");
}
