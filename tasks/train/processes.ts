import type { Launcher } from "../../train/collective/launcher.ts";
import type { RunConfig } from "../../train/config/autoencoder_run_config.ts";
import { UsageError } from "../../train/config/usage_error.ts";
import { countProcesses } from "../cli/launch/process_flags.ts";
import { mustDivide } from "./must_divide.ts";
import type { TrainFlags } from "./train_flags.ts";

/**
 * How many processes train together: those that a launcher started, or that are asked for.
 *
 * @throws {UsageError} where the two differ, the batch cannot be divided among them, or the command
 * line asks for what one process does
 */
export function processesOf(
  launcher: Launcher | null,
  own: Pick<TrainFlags, "num_processes" | "hostfile" | "dry_run" | "profile" | "probe">,
  config: RunConfig,
): number {
  const n = countProcesses(launcher, own);
  if (n === 1) return 1;
  const single = [
    own.dry_run && "--dry_run",
    own.profile && "--profile",
    own.probe !== null && "--probe",
  ].find((flag) => flag !== false);
  if (single) throw new UsageError(`${single}: looks at one process; leave --num_processes out`);
  mustDivide(config.train, n);
  return n;
}
