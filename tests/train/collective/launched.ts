import { fileURLToPath } from "node:url";

/** An MPI that is installed here. */
export interface InstalledMpi {
  readonly name: "Open MPI" | "MPICH";
  /** The program that starts processes, with options for tests. */
  readonly command: string;
  readonly args: readonly string[];
}

const CANDIDATES: readonly InstalledMpi[] = [
  {
    name: "Open MPI",
    command: "mpirun.openmpi",
    args: ["--bind-to", "none", "--oversubscribe", "--quiet"],
  },
  { name: "MPICH", command: "mpiexec.mpich", args: [] },
];

/** Open MPI starts nothing as root without these. */
const ENV = { OMPI_ALLOW_RUN_AS_ROOT: "1", OMPI_ALLOW_RUN_AS_ROOT_CONFIRM: "1", NO_COLOR: "1" };

/** Those of Open MPI and MPICH that are installed, by Debian's names for their launchers. */
export const installed: readonly InstalledMpi[] = CANDIDATES.filter(({ command }) => {
  try {
    return new Deno.Command(command, { args: ["--version"], stdout: "null", stderr: "null" })
      .outputSync().success;
  } catch {
    return false;
  }
});

/** What the name of a test says where one is missing. */
export function missing(...names: readonly InstalledMpi["name"][]): string {
  const lacking = names.filter((name) => !installed.some((mpi) => mpi.name === name));
  return lacking.length === 0 ? "" : ` (skipped: no ${lacking.join(", no ")} on this machine)`;
}

/** The installed one of this name. */
export function mpiNamed(name: InstalledMpi["name"]): InstalledMpi {
  return installed.find((mpi) => mpi.name === name)!;
}

/** The command that starts a script as several processes. */
export function launched(
  { command, args }: InstalledMpi,
  n: number,
  script: string,
  scriptArgs: readonly string[],
  env: Readonly<Record<string, string>> = {},
): Deno.Command {
  const file = fileURLToPath(new URL(script, import.meta.url));
  return new Deno.Command(command, {
    args: [...args, "-n", `${n}`, Deno.execPath(), "run", "-q", "-A", file, ...scriptArgs],
    env: { ...ENV, ...env },
    stdin: "null",
    stdout: "piped",
    stderr: "piped",
  });
}
