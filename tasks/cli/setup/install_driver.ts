import { join } from "node:path";
import { Apt } from "./apt.ts";
import { backportsSources, type SourcesFormat } from "./backports_sources.ts";
import { driverAdvice } from "./driver_advice.ts";
import { SetupError } from "./setup_error.ts";
import type { System } from "./system.ts";

const packages = ["mesa-vulkan-drivers", "libvulkan1"];

/**
 * Installs Mesa's software Vulkan driver with apt, on Debian 12 the newer one from its backports,
 * which leaves the system's package sources and lists unchanged.
 *
 * @throws {SetupError} where apt fails (its output is printed first), or after Ctrl-C, which leaves
 * the packages consistent
 */
export async function installDriver(system: System): Promise<void> {
  const write = (text: string) => Deno.stderr.writeSync(new TextEncoder().encode(text));
  write("No Vulkan driver here: installing Mesa's software one with apt, about a minute ");
  const heartbeat = setInterval(() => write("."), 3000);
  const start = performance.now();
  try {
    const isNewer = system.debianCodename === "bookworm" && await installFromBackports("bookworm");
    if (!isNewer) await installFromRelease(system);
    write(` done in ${Math.round((performance.now() - start) / 1000)} s.\n`);
    if (system.debianCodename === "bookworm" && !isNewer) {
      write(
        "The backports could not be reached: Debian 12's own driver is about 4 times slower.\n",
      );
    }
    if (await Deno.stat("/dev/nvidiactl").then(() => true, () => false)) {
      write(
        "This machine has an NVIDIA card: with its Vulkan driver (in a container, run with " +
          "NVIDIA_DRIVER_CAPABILITIES=all) it would be used instead of the processor.\n",
      );
    }
  } catch (error) {
    write("\n");
    throw error;
  } finally {
    clearInterval(heartbeat);
  }
}

async function installFromRelease(system: System): Promise<void> {
  using apt = new Apt();
  const { success, output } = await apt.install(packages);
  if (success) return;
  console.error(`\n${output.trimEnd()}`);
  throw new SetupError(`apt-get could not install the driver (above). ${driverAdvice(system)}`);
}

async function installFromBackports(codename: string): Promise<boolean> {
  const folder = await Deno.makeTempDir({ prefix: "vulkan-driver-" });
  try {
    // apt reads and fetches as another user, who needs access.
    await Deno.chmod(folder, 0o755);
    const sources = join(folder, "sources");
    const lists = join(folder, "lists");
    await Deno.mkdir(sources);
    await Deno.mkdir(join(lists, "partial"), { recursive: true });
    if (!await writeBackportsSources(sources, codename)) return false;
    using apt = new Apt([
      ["Dir::Etc::SourceList", "/dev/null"],
      ["Dir::Etc::SourceParts", sources],
      ["Dir::State::Lists", lists],
    ].flatMap(([name, value]) => ["-o", `${name}=${value}`]));
    return (await apt.install(packages, `${codename}-backports`)).success;
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
}

async function writeBackportsSources(folder: string, codename: string): Promise<boolean> {
  const parts = "/etc/apt/sources.list.d";
  const names = await Array.fromAsync(Deno.readDir(parts), (entry) => entry.name).catch(() => []);
  const files = ["/etc/apt/sources.list", ...names.map((name) => join(parts, name))];
  let hasBackports = false;
  for (const [index, file] of files.entries()) {
    const format = /\.(list|sources)$/.exec(file)?.[1] as SourcesFormat | undefined;
    if (format === undefined) continue;
    const text = await Deno.readTextFile(file).catch(() => "");
    const derived = backportsSources(text, format, codename);
    hasBackports ||= derived.includes(`${codename}-backports`);
    if (derived.trim() !== "") {
      await Deno.writeTextFile(join(folder, `${index}.${format}`), derived);
    }
  }
  return hasBackports;
}
