import { type Device, DeviceError } from "../device.ts";
import type { Capabilities } from "../capabilities.ts";
import { byteRange, type Dispatch } from "../kernels/dispatch.ts";
import { workgroupBytes } from "../kernels/workgroup_bytes.ts";

/**
 * Checks dispatches against the limits of a device.
 * @throws {DeviceError} where a kernel needs more than the adapter has.
 */
export function checkLimits({ capabilities, info }: Device, dispatches: readonly Dispatch[]): void {
  const { maxBindingBytes, maxStorageBuffers, maxWorkgroupsPerDimension, f16 } = capabilities;
  const { maxWorkgroupMemory } = capabilities;
  for (const dispatch of dispatches) {
    const { label, code, bindings, workgroups } = dispatch;
    const shared = workgroupBytes(code);
    if (shared > maxWorkgroupMemory) {
      throw new DeviceError(
        `kernel "${label}" needs ${shared} bytes of workgroup memory, the adapter has ` +
          `${maxWorkgroupMemory}`,
      );
    }
    if (!fitsGrid(capabilities, dispatch)) {
      throw new DeviceError(
        `kernel "${label}" needs ${workgroups.join(" x ")} workgroups, the adapter has at most ` +
          `${maxWorkgroupsPerDimension} in a dimension: use a smaller batch or more micro-batches`,
      );
    }
    if (!f16 && bindings.some(({ ref }) => ref.dtype === "f16")) {
      throw new DeviceError(
        `the adapter "${info.description || info.vendor}" has no 16-bit floats (shader-f16): ` +
          "compute in 32 bits",
      );
    }
    if (bindings.length > maxStorageBuffers) {
      throw new DeviceError(
        `kernel "${label}" needs ${bindings.length} buffers, the adapter has ${maxStorageBuffers}`,
      );
    }
    for (const { ref } of bindings) {
      const { size } = byteRange(ref);
      if (size > maxBindingBytes) {
        throw new DeviceError(
          `kernel "${label}" needs a tensor of ${size} bytes, the adapter binds at most ${maxBindingBytes}: ` +
            "use a smaller batch or more micro-batches",
        );
      }
    }
  }
}

/**
 * Whether a dispatch has no more workgroups than the adapter allows.
 * @category Engine
 */
export function fitsGrid(
  { maxWorkgroupsPerDimension }: Capabilities,
  { workgroups }: { readonly workgroups: readonly [number, number, number] },
): boolean {
  return workgroups.every((n) => n <= maxWorkgroupsPerDimension);
}
