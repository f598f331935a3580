import { type Collective, ONE_PROCESS } from "./collective.ts";
import type { Launcher } from "./launcher.ts";
import { MpiCollective } from "./mpi_collective.ts";
import { MPI_VARIABLE } from "./mpi_library.ts";

/** The processes of a job, and how to leave it. */
export interface Job {
  readonly collective: Collective;
  /** Waits for all ranks; the last thing that a rank does where all went well. */
  leave(): Promise<void>;
}

/**
 * Joins the other processes that a launcher started; alone where none did: then no foreign library is
 * touched.
 *
 * @throws {CollectiveError} where they cannot be joined
 */
export function openCollective(launcher: Launcher | null): Job {
  if (!launcher) return { collective: ONE_PROCESS, leave: () => Promise.resolve() };
  const collective = MpiCollective.join(launcher, Deno.env.get(MPI_VARIABLE) ?? null);
  return { collective, leave: () => collective.leave() };
}
