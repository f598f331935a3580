import { CollectiveError } from "../../../train/collective/collective_error.ts";

/** A program that starts the processes of a job. */
export interface MpiLauncher {
  readonly command: string;
  readonly kind: "openmpi" | "mpich";
}

/** The commands that are tried, in order. */
const COMMANDS = ["mpirun", "mpiexec"];

/** What a command prints of its version; null where there is none. */
export type Versions = (command: string) => Promise<string | null>;

/**
 * The launcher that is installed here.
 *
 * @throws {CollectiveError} where none is that is known
 */
export async function findLauncher(version: Versions = versionOf): Promise<MpiLauncher> {
  const unknown: string[] = [];
  for (const command of COMMANDS) {
    const said = await version(command);
    if (said === null) continue;
    if (/Open ?MPI|OpenRTE|PRRTE/i.test(said)) return { command, kind: "openmpi" };
    if (/HYDRA|MPICH|Intel\(R\) MPI/i.test(said)) return { command, kind: "mpich" };
    unknown.push(command);
  }
  throw new CollectiveError(
    unknown.length > 0
      ? `${unknown.join(" and ")}: neither Open MPI's nor MPICH's; start the processes yourself, ` +
        "without --num_processes"
      : "--num_processes: several processes need MPI, and there is neither mpirun nor mpiexec here; " +
        "install Open MPI (Debian, Ubuntu: apt-get install openmpi-bin) or MPICH",
  );
}

async function versionOf(command: string): Promise<string | null> {
  try {
    const { stdout } = await new Deno.Command(command, {
      args: ["--version"],
      stdin: "null",
      stderr: "null",
    }).output();
    return new TextDecoder().decode(stdout);
  } catch {
    return null;
  }
}
