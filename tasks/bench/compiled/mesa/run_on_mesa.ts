import { fileURLToPath } from "node:url";
import { UserError } from "../../../../engine/user_error.ts";

/** Where Vulkan drivers are listed. */
const FOLDERS = ["/usr/share/vulkan/icd.d", "/usr/local/share/vulkan/icd.d", "/etc/vulkan/icd.d"];

/** Drivers of Mesa: `lvp` runs on the processor, `radeon` compiles for AMD's GPUs. */
export type MesaDriver = "lvp" | "radeon";

/** A driver of Mesa is not installed. */
export class MissingDriverError extends UserError {
  /** The name of the class. */
  override readonly name: string = "MissingDriverError";
}

/**
 * The file that describes a driver to Vulkan's loader.
 *
 * @throws {MissingDriverError} where it is not installed
 */
export function driverFile(driver: MesaDriver, folders: readonly string[] = FOLDERS): string {
  const names = [`${driver}_icd.json`, `${driver}_icd.${Deno.build.arch}.json`];
  const found = folders.flatMap((folder) => names.map((name) => `${folder}/${name}`)).find(isFile);
  if (found !== undefined) return found;
  throw new MissingDriverError(
    `--compiled: Mesa's driver ${driver}_icd.json is not in ${folders.join(", ")}; ` +
      "install the package mesa-vulkan-drivers (Linux)",
  );
}

function isFile(path: string): boolean {
  try {
    return Deno.statSync(path).isFile;
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return false;
    throw error;
  }
}

/**
 * Runs a script in a process of its own, where a driver is the only one: which drivers there are is
 * read once per process, and Mesa writes notes to its standard error.
 *
 * @throws {MissingDriverError} where the driver is not installed
 * @throws {Error} with what the script said where it fails
 */
export async function runOnMesa(
  driver: MesaDriver,
  script: string,
  args: readonly string[],
  environment: Readonly<Record<string, string>>,
): Promise<void> {
  const file = driverFile(driver);
  const { success, stderr } = await new Deno.Command(Deno.execPath(), {
    args: ["run", "--quiet", "--no-config", "--allow-all", fileURLToPath(script), ...args],
    env: {
      ...environment,
      MESA_SHADER_CACHE_DISABLE: "true",
      // The second name is that of older loaders.
      VK_DRIVER_FILES: file,
      VK_ICD_FILENAMES: file,
      NO_COLOR: "1",
    },
    stdin: "null",
    stdout: "null",
    stderr: "piped",
  }).output();
  if (!success) throw new Error(`${script}: ${new TextDecoder().decode(stderr)}`);
}
