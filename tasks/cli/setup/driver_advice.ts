import type { PackageManager, System } from "./system.ts";

const installCommands: Record<PackageManager, readonly string[]> = {
  "apt-get": [
    "apt-get update",
    "apt-get install -y --no-install-recommends mesa-vulkan-drivers libvulkan1",
  ],
  dnf: ["dnf install -y mesa-vulkan-drivers vulkan-loader"],
  pacman: ["pacman -S --needed vulkan-swrast vulkan-icd-loader"],
  apk: ["apk add mesa-vulkan-swrast vulkan-loader"],
  zypper: ["zypper install -y libvulkan_lvp libvulkan1"],
};

const bookwormCommands: readonly string[] = [
  "echo 'deb http://deb.debian.org/debian bookworm-backports main' | " +
  "tee /etc/apt/sources.list.d/bookworm-backports.list",
  "apt-get update",
  "apt-get install -y --no-install-recommends -t bookworm-backports " +
  "mesa-vulkan-drivers libvulkan1",
];

/** How to give this system a WebGPU adapter: the exact commands where they are known. */
export function driverAdvice(system: System): string {
  if (system.os === "darwin") {
    return "Deno reaches every Mac's GPU through Metal: update macOS, and run this outside of a " +
      "virtual machine or container.";
  }
  if (system.os === "windows") {
    return "Deno reaches the GPU through Direct3D 12, which Windows 10 and 11 have even without " +
      "a graphics card: run Windows Update and update the graphics driver.";
  }
  if (system.packageManager === undefined) {
    return "Install the Vulkan loader (libvulkan.so.1) and your GPU's Vulkan driver or Mesa's " +
      "software one (lavapipe), then run this command again.";
  }
  const commands = system.packageManager === "apt-get" && system.debianCodename === "bookworm"
    ? bookwormCommands
    : installCommands[system.packageManager];
  const asRoot = system.isRoot ? "" : "sudo ";
  return [
    "Install your GPU's Vulkan driver or, for any machine, Mesa's software one, then run this " +
    "command again:",
    ...commands.map((command) => `  ${command.replace(/^(echo .* \| )?/, `$1${asRoot}`)}`),
  ].join("\n");
}
