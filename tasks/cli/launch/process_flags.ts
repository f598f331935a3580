import { z } from "zod";
import { counted } from "../../../engine/counted.ts";
import type { Launcher } from "../../../train/collective/launcher.ts";
import { UsageError } from "../../../train/config/usage_error.ts";
import type { Processes } from "./launch_processes.ts";

/** The flags of every command that several processes can carry out. */
export interface ProcessFlags {
  num_processes: number | null;
  hostfile: string | null;
}

/** One process. */
export const PROCESS_DEFAULTS: ProcessFlags = { num_processes: null, hostfile: null };

/** Checks {@linkcode ProcessFlags}. @param share what each process does, for help */
export function processFields(
  share: string,
): { [K in keyof ProcessFlags]: z.ZodType<ProcessFlags[K]> } {
  return {
    num_processes: z.int().min(1).nullable().describe(
      `processes that ${share}, one for each GPU, started by mpirun or mpiexec; null: one`,
    ),
    hostfile: z.string().min(1).nullable()
      .describe("the machines for --num_processes, a file as mpirun takes it; null: this one"),
  };
}

/**
 * How many processes there are: those that a launcher started, or that are asked for.
 *
 * @throws {UsageError} where the two differ, or machines are named for one process
 */
export function countProcesses(
  launcher: Launcher | null,
  { num_processes, hostfile }: ProcessFlags,
): number {
  const n = launcher?.size ?? num_processes ?? 1;
  if (num_processes !== null && num_processes !== n) {
    throw new UsageError(
      `--num_processes: ${counted(num_processes, "process is", "processes are")} asked for, and ` +
        `${launcher?.name} started ${n}; leave it out there`,
    );
  }
  if (hostfile !== null && n === 1) {
    throw new UsageError(
      "--hostfile: names the machines of several processes; set --num_processes",
    );
  }
  return n;
}

/** What is to be started; null where one process is asked for, or several have been started. */
export function processesToStart(
  launcher: Launcher | null,
  flags: ProcessFlags,
): Processes | null {
  const num_processes = countProcesses(launcher, flags);
  return launcher || num_processes === 1 ? null : { ...flags, num_processes };
}
