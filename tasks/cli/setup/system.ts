/** The package managers whose Vulkan driver packages are known here. */
export type PackageManager = "apt-get" | "dnf" | "pacman" | "apk" | "zypper";

/** What the set-up needs to know about a machine. */
export interface System {
  /** The operating system, as Deno names it. */
  os: typeof Deno.build.os;
  /** Whether this process may install packages. */
  isRoot: boolean;
  /** The first package manager found on the PATH. */
  packageManager?: PackageManager;
  /** The codename of the Debian release, such as `bookworm`; only on Debian itself. */
  debianCodename?: string;
}

const packageManagers: readonly PackageManager[] = ["apt-get", "dnf", "pacman", "apk", "zypper"];

/** Detects the system that this runs on. */
export async function detectSystem(): Promise<System> {
  const os = Deno.build.os;
  if (os !== "linux") return { os, isRoot: false };
  const release = parseOsRelease(await Deno.readTextFile("/etc/os-release").catch(() => ""));
  return {
    os,
    isRoot: Deno.uid() === 0,
    packageManager: await firstOnPath(packageManagers),
    debianCodename: release.ID === "debian" ? release.VERSION_CODENAME : undefined,
  };
}

/** Parses the `NAME=value` lines of an os-release file; quotes are removed. */
export function parseOsRelease(text: string): Record<string, string> {
  const lines = text.matchAll(/^[ \t]*([A-Z_][A-Z0-9_]*)=(.*?)[ \t\r]*$/gm);
  return Object.fromEntries(
    [...lines].map(([, name, value]) => [name, value.replace(/^(["'])(.*)\1$/, "$2")]),
  );
}

async function firstOnPath<Name extends string>(
  names: readonly Name[],
): Promise<Name | undefined> {
  const folders = (Deno.env.get("PATH") ?? "").split(":").filter((folder) => folder !== "");
  for (const name of names) {
    for (const folder of folders) {
      const found = await Deno.stat(`${folder}/${name}`).catch(() => undefined);
      if (found?.isFile) return name;
    }
  }
  return undefined;
}
