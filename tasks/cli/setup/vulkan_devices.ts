/** A device as its Vulkan driver describes it. */
export interface VulkanDevice {
  /** The device's name, equal to the WebGPU adapter's description. */
  name: string;
  /** The driver and its version, such as `llvmpipe Mesa 25.0.7 (LLVM 15.0.6)`. */
  driver: string;
  /** Where it is on the PCI bus, as in `0000_01_00_0`; null where its driver does not say. */
  pci: string | null;
  /** Whether it runs on the processor. */
  isSoftware: boolean;
}

const libraries: Partial<Record<typeof Deno.build.os, string>> = {
  linux: "libvulkan.so.1",
  windows: "vulkan-1.dll",
};

const mostDevices = 16;

/**
 * Asks the Vulkan loader for its devices and their drivers' versions, which WebGPU does not expose.
 *
 * @returns an entry for each device; empty where there is no Vulkan loader, or it fails
 */
export function vulkanDevices(): VulkanDevice[] {
  const library = libraries[Deno.build.os];
  if (library === undefined) return [];
  let vulkan: ReturnType<typeof openVulkan>;
  try {
    vulkan = openVulkan(library);
  } catch {
    return [];
  }
  try {
    return listDevices(vulkan.symbols);
  } finally {
    vulkan.close();
  }
}

type VulkanSymbols = ReturnType<typeof openVulkan>["symbols"];

function openVulkan(library: string) {
  return Deno.dlopen(library, {
    vkCreateInstance: { parameters: ["buffer", "pointer", "buffer"], result: "i32" },
    vkDestroyInstance: { parameters: ["pointer", "pointer"], result: "void" },
    vkEnumeratePhysicalDevices: { parameters: ["pointer", "buffer", "buffer"], result: "i32" },
    vkGetPhysicalDeviceProperties2: { parameters: ["pointer", "buffer"], result: "void" },
  });
}

function listDevices(vulkan: VulkanSymbols): VulkanDevice[] {
  const instance = createInstance(vulkan);
  if (instance === null) return [];
  try {
    const count = new Uint32Array([mostDevices]);
    const handles = new BigUint64Array(mostDevices);
    vulkan.vkEnumeratePhysicalDevices(instance, count, handles);
    return [...handles.subarray(0, count[0])].map((handle) => describeDevice(vulkan, handle));
  } finally {
    vulkan.vkDestroyInstance(instance, null);
  }
}

function createInstance(vulkan: VulkanSymbols): Deno.PointerValue {
  // VkApplicationInfo: only apiVersion (at 44) is set, to 1.1.
  const application = new Uint8Array(48);
  new DataView(application.buffer).setUint32(44, (1 << 22) | (1 << 12), true);
  // VkInstanceCreateInfo: sType 1, pApplicationInfo at 24.
  const create = new Uint8Array(64);
  const view = new DataView(create.buffer);
  view.setUint32(0, 1, true);
  view.setBigUint64(24, addressOf(application), true);
  const instance = new BigUint64Array(1);
  const result = vulkan.vkCreateInstance(create, null, instance);
  return result === 0 ? Deno.UnsafePointer.create(instance[0]) : null;
}

function describeDevice(vulkan: VulkanSymbols, handle: bigint): VulkanDevice {
  // VkPhysicalDevicePCIBusInfoPropertiesEXT: domain, bus, device and function at 16.
  const bus = new Uint8Array(32);
  const busView = new DataView(bus.buffer);
  busView.setUint32(0, 1000212000, true);
  // VkPhysicalDeviceDriverProperties: pNext at 8, driverName at 20, driverInfo at 276.
  const driver = new Uint8Array(544);
  const driverView = new DataView(driver.buffer);
  driverView.setUint32(0, 1000196000, true);
  driverView.setBigUint64(8, addressOf(bus), true);
  // VkPhysicalDeviceProperties2: pNext at 8, deviceType at 32, deviceName at 36.
  const device = new Uint8Array(1024);
  const view = new DataView(device.buffer);
  view.setUint32(0, 1000059001, true);
  view.setBigUint64(8, addressOf(driver), true);
  vulkan.vkGetPhysicalDeviceProperties2(Deno.UnsafePointer.create(handle), device);
  const hex = (offset: number, digits: number) =>
    busView.getUint32(offset, true).toString(16).padStart(digits, "0");
  // All zeros is the host bridge: the driver left it as it was.
  const pci = [hex(16, 4), hex(20, 2), hex(24, 2), hex(28, 1)].join("_");
  return {
    name: readName(device, 36),
    driver: `${readName(driver, 20)} ${readName(driver, 276)}`.trim(),
    pci: pci === "0000_00_00_0" ? null : pci,
    isSoftware: view.getUint32(32, true) === 4,
  };
}

function addressOf(bytes: Uint8Array<ArrayBuffer>): bigint {
  return Deno.UnsafePointer.value(Deno.UnsafePointer.of(bytes));
}

function readName(bytes: Uint8Array, offset: number): string {
  const field = bytes.subarray(offset, offset + 256);
  return new TextDecoder().decode(field.subarray(0, field.indexOf(0)));
}
