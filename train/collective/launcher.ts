import { CollectiveError } from "./collective_error.ts";

/** The families of programs that start the processes of a job. */
export type LauncherKind = "openmpi" | "mpich" | "srun";

/** What started this process, as one of several. */
export interface Launcher {
  readonly kind: LauncherKind;
  /** Its name, for messages. */
  readonly name: string;
  /** The number of this process, from 0. */
  readonly rank: number;
  /** The number of this process among those on the same machine, from 0. */
  readonly local_rank: number;
  /** How many processes it started. */
  readonly size: number;
}

/** The variables by which launchers number what they start; the first that are set count. */
const VARIABLES: readonly (Pick<Launcher, "kind" | "name"> & {
  readonly rank: string;
  readonly local: string;
  readonly size: string;
  /** Also set where this launcher, and none that sets the same, started the process. */
  readonly and?: string;
})[] = [
  {
    kind: "openmpi",
    name: "Open MPI's mpirun",
    rank: "OMPI_COMM_WORLD_RANK",
    local: "OMPI_COMM_WORLD_LOCAL_RANK",
    size: "OMPI_COMM_WORLD_SIZE",
  },
  // Slurm's srun may set PMI_SIZE too.
  {
    kind: "mpich",
    name: "MPICH's mpiexec",
    rank: "PMI_RANK",
    local: "MPI_LOCALRANKID",
    size: "PMI_SIZE",
    and: "MPI_LOCALNRANKS",
  },
  // A batch script itself has SLURM_NTASKS, but is no task of a step.
  {
    kind: "srun",
    name: "srun",
    rank: "SLURM_PROCID",
    local: "SLURM_LOCALID",
    size: "SLURM_STEP_NUM_TASKS",
  },
];

/**
 * The launcher that started this process as one of several; null where nothing did.
 *
 * @param variable the value of an environment variable
 * @throws {CollectiveError} where its variables make no sense
 */
export function launcherOf(variable: (name: string) => string | undefined): Launcher | null {
  for (const { kind, name, and, ...names } of VARIABLES) {
    const [rank, size] = [variable(names.rank), variable(names.size)];
    if (rank === undefined || size === undefined) continue;
    if (and !== undefined && variable(and) === undefined) continue;
    const local_rank = Number(variable(names.local) ?? rank);
    const launcher = { kind, name, rank: Number(rank), local_rank, size: Number(size) };
    if (launcher.size === 1) return null;
    const isWhole = Number.isInteger(launcher.rank) && Number.isInteger(launcher.size);
    if (isWhole && launcher.rank >= 0 && launcher.rank < launcher.size) return launcher;
    throw new CollectiveError(
      `${names.rank}=${rank}, ${names.size}=${size}: these number the processes of ${name}, and ` +
        "make no sense; unset them to train with one process",
    );
  }
  return null;
}
