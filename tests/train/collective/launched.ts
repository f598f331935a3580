import { fileURLToPath } from "node:url";

/** An MPI, and how tests start it. */
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

/** Both libraries' launchers give up after so many seconds. */
const PROBE_ENV = { ...ENV, MPIEXEC_TIMEOUT: "30" };

/** Why one starts nothing here; null where it starts two processes, by Debian's name of its launcher. */
function whyNot({ name, command, args }: InstalledMpi): string | null {
  try {
    const { success, stdout, stderr } = new Deno.Command(command, {
      args: [...args, "-n", "2", "true"],
      env: PROBE_ENV,
      stdin: "null",
      stdout: "piped",
      stderr: "piped",
    }).outputSync();
    if (success) return null;
    const said = new TextDecoder().decode(stderr) + new TextDecoder().decode(stdout);
    return `${name} starts nothing here: ${said.trim().split("\n")[0]}`;
  } catch {
    return `no ${name} on this machine`;
  }
}

/** Asked once: a container without a network interface, say, has an Open MPI that cannot start. */
const REASONS = new Map(CANDIDATES.map((mpi) => [mpi.name, whyNot(mpi)]));

/** Those that start processes here. */
export const installed: readonly InstalledMpi[] = CANDIDATES.filter(({ name }) =>
  REASONS.get(name) === null
);

/** What the name of a test says where one is missing, or cannot start. */
export function missing(...names: readonly InstalledMpi["name"][]): string {
  const reasons = names.map((name) => REASONS.get(name)).filter((reason) => reason);
  return reasons.length === 0 ? "" : ` (skipped: ${reasons.join(", ")})`;
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
