import { deepStrictEqual as deepEqual, strictEqual as equal, throws } from "node:assert/strict";
import { launcherOf } from "../../../train/collective/launcher.ts";

/** The rank and size that variables say, and by whom. */
function found(variables: Readonly<Record<string, string>>): unknown[] | null {
  const launcher = launcherOf((name) => variables[name]);
  return launcher && [launcher.kind, launcher.rank, launcher.local_rank, launcher.size];
}

/** What srun sets for the second task of four. */
const SRUN = {
  SLURM_PROCID: "3",
  SLURM_LOCALID: "1",
  SLURM_NTASKS: "4",
  SLURM_STEP_NUM_TASKS: "4",
};

Deno.test("launcherOf() knows mpirun, mpiexec and srun, the innermost first", () => {
  const openmpi = {
    OMPI_COMM_WORLD_RANK: "2",
    OMPI_COMM_WORLD_LOCAL_RANK: "0",
    OMPI_COMM_WORLD_SIZE: "3",
  };
  const hydra = { PMI_RANK: "1", PMI_SIZE: "2", MPI_LOCALRANKID: "1", MPI_LOCALNRANKS: "2" };
  deepEqual(found(openmpi), ["openmpi", 2, 0, 3]);
  deepEqual(found(hydra), ["mpich", 1, 1, 2]);
  deepEqual(found(SRUN), ["srun", 3, 1, 4]);
  // srun starts the daemons of mpirun, and speaks PMI itself.
  deepEqual(found({ ...SRUN, ...openmpi }), ["openmpi", 2, 0, 3]);
  deepEqual(found({ ...SRUN, PMI_RANK: "3", PMI_SIZE: "4" }), ["srun", 3, 1, 4]);
});

Deno.test("launcherOf() finds none where one process was started, or a batch script runs", () => {
  equal(found({}), null);
  equal(found({ OMPI_COMM_WORLD_RANK: "0", OMPI_COMM_WORLD_SIZE: "1" }), null);
  equal(found({ SLURM_PROCID: "0", SLURM_NTASKS: "4" }), null);
});

Deno.test("launcherOf() refuses numbers that make no sense", () => {
  for (const [rank, size] of [["4", "4"], ["-1", "2"], ["one", "2"], ["0", "0"]]) {
    const variables = { OMPI_COMM_WORLD_RANK: rank, OMPI_COMM_WORLD_SIZE: size };
    throws(() => found(variables), {
      name: "CollectiveError",
      message: `OMPI_COMM_WORLD_RANK=${rank}, OMPI_COMM_WORLD_SIZE=${size}: these number the ` +
        "processes of Open MPI's mpirun, and make no sense; unset them to train with one process",
    });
  }
});
