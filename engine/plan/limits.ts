import { type Device, DeviceError } from "../device.ts";
import { byteRange, type Dispatch } from "../kernels/dispatch.ts";

/**
 * Checks dispatches against the limits of a device.
 * @throws {DeviceError} where a kernel needs more than the adapter has.
 */
export function checkLimits({ capabilities, info }: Device, dispatches: readonly Dispatch[]): void {
  const { maxBindingBytes, maxStorageBuffers, f16 } = capabilities;
  for (const { label, bindings } of dispatches) {
    if (!f16 && bindings.some(({ ref }) => ref.dtype === "f16")) {
      throw new DeviceError(
        `the adapter "${info.description || info.vendor}" has no 16-bit floats (shader-f16): ` +
          "use --mixed_precision=no",
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
