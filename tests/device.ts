import { Device, type DeviceOptions } from "../engine/device.ts";

/** Opens the adapter; on Linux without the search for others, which is slow and noisy. */
export function openDevice(options?: DeviceOptions): Promise<Device> {
  if (Deno.build.os === "linux" && Deno.env.get("DENO_WEBGPU_BACKEND") === undefined) {
    Deno.env.set("DENO_WEBGPU_BACKEND", "vulkan");
  }
  return Device.open(options);
}
