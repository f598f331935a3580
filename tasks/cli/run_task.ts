import { DeviceError, ShapeError } from "../../engine/mod.ts";
import { UsageError } from "../../train/config/usage_error.ts";

/** A class of errors. */
export type ErrorKind = new (...args: never[]) => Error;

/**
 * Runs a command. An error that is meant for the person (of the given kinds, the device's, or the
 * system's) ends the process with its message alone: exit code 2 where the command line was wrong,
 * else 1. Any other is a fault of the program and keeps its stack.
 */
export async function runTask(
  main: (args: readonly string[]) => Promise<void>,
  kinds: readonly ErrorKind[] = [],
): Promise<void> {
  try {
    await main(Deno.args);
  } catch (error) {
    if (!(error instanceof Error)) throw error;
    const meant = [UsageError, DeviceError, ShapeError, ...kinds].some((k) => error instanceof k) ||
      "code" in error;
    if (!meant) throw error;
    console.error(error.message);
    Deno.exit(error instanceof UsageError ? 2 : 1);
  }
}
