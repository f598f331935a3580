import { CollectiveError } from "./collective_error.ts";
import type { LauncherKind } from "./launcher.ts";

/** The variable that names another library. */
export const MPI_VARIABLE = "SCALELONG_MPI";

/** Open MPI, MPICH, and both by the ABI of MPI 5, by the names that programs are linked to. */
const [OPEN_MPI, MPICH, ABI] = [["libmpi.so.40"], ["libmpich.so.12", "libmpi.so.12"], [
  "libmpi_abi.so.1",
]];

/** Where MPI is looked for: the launcher's own first. */
const LIBRARIES: Readonly<Record<LauncherKind, readonly string[]>> = {
  openmpi: [...OPEN_MPI, ...ABI, "libmpi.so"],
  mpich: [...MPICH, ...ABI, "libmpi.so"],
  srun: [...ABI, ...OPEN_MPI, ...MPICH, "libmpi.so"],
};

/** RTLD_NOW | RTLD_GLOBAL | RTLD_NODELETE, on Linux. */
const STAYS = 0x1102;

/** C libraries that have `dlopen`: before glibc 2.34 it was in one of its own. */
const C_LIBRARIES = ["libc.so.6", "libdl.so.2"];

/**
 * Loads the MPI library so that it is never unloaded: Open MPI's threads outlive what Deno would
 * unload at exit, and end the process by signal 11.
 *
 * @param named the library that the person names; null for the launcher's
 * @returns the name that it was loaded by
 * @throws {CollectiveError} where there is none
 */
export function loadMpi(kind: LauncherKind, named: string | null): string {
  if (Deno.build.os !== "linux") {
    throw new CollectiveError("several processes need Linux, for now: train with one");
  }
  const names = named === null ? LIBRARIES[kind] : [named];
  const open = cOpen();
  for (const name of names) if (open(name)) return name;
  throw new CollectiveError(
    named === null
      ? `no MPI library is installed here (${names.join(", ")}): install Open MPI or MPICH ` +
        `(Debian, Ubuntu: openmpi-bin), or name its library in ${MPI_VARIABLE}`
      : `${MPI_VARIABLE}: ${named} is no library that can be loaded here`,
  );
}

/** Loads a library to stay. Returns whether it could be. */
function cOpen(): (name: string) => boolean {
  for (const library of C_LIBRARIES) {
    try {
      const { symbols } = Deno.dlopen(library, {
        dlopen: { parameters: ["buffer", "i32"], result: "pointer" },
      });
      return (name) => symbols.dlopen(new TextEncoder().encode(`${name}\0`), STAYS) !== null;
    } catch {
      // Another C library, or an older one.
    }
  }
  throw new CollectiveError("several processes need glibc: train with one");
}
