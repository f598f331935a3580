import { SetupError } from "./setup_error.ts";
import { type VulkanDevice, vulkanDevices } from "./vulkan_devices.ts";

/** Lists the devices, as the environment has it at that moment. */
export type ListDevices = () => readonly VulkanDevice[];

/**
 * Makes a device the only one that Vulkan lists, so that WebGPU takes it. Mesa's device-select layer
 * does it for cards of any maker, the Vulkan loader for the software driver; listing the devices again
 * proves it. It must come before the first use of WebGPU.
 *
 * @param number index into the list of devices
 * @throws {SetupError} where there is no such device, or it cannot be chosen here
 */
export function chooseDevice(number: number, list: ListDevices = vulkanDevices): void {
  const devices = list();
  if (devices.length === 0) {
    throw new SetupError(`--device=${number}: ${NO_LIST[Deno.build.os] ?? NO_VULKAN}`);
  }
  const chosen = devices[number];
  if (chosen === undefined) {
    const named = devices.map(({ name }, i) => `${i} (${name})`).join(", ");
    throw new SetupError(`--device=${number}: there is no such device; there is ${named}`, 2);
  }
  const isAlone = () => {
    const listed = list();
    return listed.length === 1 && listed[0].name === chosen.name && listed[0].pci === chosen.pci;
  };
  if (isAlone()) return;
  for (const [variable, value] of choices(chosen)) {
    const before = Deno.env.get(variable);
    Deno.env.set(variable, value);
    if (isAlone()) return;
    if (before === undefined) Deno.env.delete(variable);
    else Deno.env.set(variable, before);
  }
  throw new SetupError(
    `--device=${number} (${chosen.name}): Vulkan cannot be held to it here. Mesa's device-select ` +
      "layer chooses a card of any maker: install the package mesa-vulkan-drivers (Debian, " +
      "Ubuntu, Fedora) or vulkan-mesa-layers (Arch), or leave --device out",
  );
}

/** Variables that can make Vulkan list one device alone, the most exact first. */
function choices({ pci, isSoftware }: VulkanDevice): [string, string][] {
  if (isSoftware) return [["VK_LOADER_DRIVERS_SELECT", "*lvp*"]];
  const exact: [string, string][] = pci === null ? [] : [["DRI_PRIME", `pci-${pci}!`]];
  return [...exact, ["VK_LOADER_DRIVERS_DISABLE", "*lvp*"]];
}

const NO_VULKAN = "Vulkan lists no devices here; install your GPU's Vulkan driver";
const NO_LIST: Partial<Record<typeof Deno.build.os, string>> = {
  darwin: "on macOS the system chooses the GPU; leave it out",
};
