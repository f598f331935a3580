import { machineFlags } from "../machine_flags.ts";
import { chooseDevice } from "./choose_device.ts";
import { driverAdvice } from "./driver_advice.ts";
import { hasAdapter } from "./has_adapter.ts";
import { installDriver } from "./install_driver.ts";
import { installSetting, mayInstall } from "./may_install.ts";
import { SetupError } from "./setup_error.ts";
import { detectSystem } from "./system.ts";

/**
 * Makes sure that WebGPU has an adapter; a command calls it before anything else uses WebGPU. On
 * Linux only Vulkan is considered, and where it has no driver, the software driver is installed if
 * apt and root are available, after a question where someone is there to answer. `--device` and
 * `--yes` are read from the command line. Else it prints advice and ends the process with exit code 1 (130
 * after Ctrl-C).
 *
 * @param own the device where the command line names none; null for the best one
 */
export async function ensureAdapter(own: number | null = null): Promise<void> {
  try {
    await findAdapter(own);
  } catch (error) {
    if (!(error instanceof SetupError)) throw error;
    console.error(error.message);
    Deno.exit(error.exitCode);
  }
}

async function findAdapter(own: number | null): Promise<void> {
  // Without it Deno falls back to OpenGL where Vulkan is missing: no f16, no subgroups.
  if (Deno.build.os === "linux" && Deno.env.get("DENO_WEBGPU_BACKEND") === undefined) {
    Deno.env.set("DENO_WEBGPU_BACKEND", "vulkan");
  }
  const { device: given, yes } = machineFlags(Deno.args);
  const device = given ?? own;
  const isFound = await hasAdapter();
  if (!isFound) await installWhereAllowed(yes);
  if (device !== null) chooseDevice(device);
  if (!isFound && !await hasAdapter()) {
    throw new SetupError(
      "The software Vulkan driver is installed, yet WebGPU finds no adapter: run `vulkaninfo " +
        "--summary` (package vulkan-tools) to see what the Vulkan loader says.",
    );
  }
}

/** Installs the software driver, if the system and the person let us. */
async function installWhereAllowed(yes: boolean): Promise<void> {
  const system = await detectSystem();
  const hiding = hidingVariables();
  if (hiding.length > 0) {
    throw new SetupError(
      `No WebGPU adapter. These variables select the driver, unset or fix them: ` +
        `${hiding.join(" ")}\nOr, if the driver is missing: ${driverAdvice(system)}`,
    );
  }
  if (!system.isRoot || system.packageManager !== "apt-get") {
    throw new SetupError(`No WebGPU adapter. ${driverAdvice(system)}`);
  }
  const allowed = mayInstall(await installSetting(yes));
  const isAllowed = allowed === "ask"
    ? confirm("No WebGPU adapter. Install Mesa's software Vulkan driver with apt-get?")
    : allowed === "install";
  if (!isAllowed) {
    throw new SetupError(
      `No WebGPU adapter. --yes lets this command install the driver. ${driverAdvice(system)}`,
    );
  }
  await installDriver(system);
}

/** The variables that are set and restrict WebGPU or the Vulkan loader to certain drivers. */
function hidingVariables(): string[] {
  return ["DENO_WEBGPU_BACKEND", "VK_DRIVER_FILES", "VK_ICD_FILENAMES"].flatMap((name) => {
    const value = Deno.env.get(name);
    return value === undefined || value.includes("vulkan") && name.startsWith("DENO")
      ? []
      : [`${name}=${value}`];
  });
}
