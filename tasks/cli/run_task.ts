import { UserError } from "../../engine/user_error.ts";
import type { FlagSource } from "./flags.ts";
import { inFlags } from "./in_flags.ts";
import { rankMessage } from "./rank_message.ts";
import { machineFlags } from "./machine_flags.ts";
import { writeToStandardError } from "./standard_error.ts";
import { UsageError } from "../../train/config/usage_error.ts";

/** How a command runs. */
export interface TaskOptions {
  /** Its flags; where an error names one of their settings, the flag is named. */
  readonly flags?: readonly FlagSource[];
  /** Whether it takes the flags of the machine. */
  readonly usesDevice?: boolean;
}

/**
 * Runs a command. An error that is meant for the person ({@linkcode UserError}, or the system's)
 * ends the process with its message alone: exit code 2 where the command line was wrong, else 1.
 * Any other is a fault of the program and keeps its stack.
 */
export async function runTask(
  main: (args: readonly string[]) => Promise<void>,
  { flags = [], usesDevice = true }: TaskOptions = {},
): Promise<void> {
  try {
    await main(usesDevice ? machineFlags(Deno.args).rest : Deno.args);
  } catch (error) {
    if (!(error instanceof Error)) throw error;
    if (!(error instanceof UserError || "code" in error)) throw error;
    writeToStandardError(`${await rankMessage(inFlags(error.message, ...flags))}\n`);
    Deno.exit(error instanceof UsageError ? 2 : 1);
  }
}
