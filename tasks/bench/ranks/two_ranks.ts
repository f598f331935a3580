import { fileURLToPath } from "node:url";
import { CollectiveError } from "../../../train/collective/collective_error.ts";
import type { Config } from "../../../train/config/config.ts";
import { findLauncher } from "../../cli/launch/find_launcher.ts";
import { AS_ROOT, optionsOf } from "../../cli/launch/launch_processes.ts";
import type { ExchangeTimes } from "./exchange_times.ts";

/** What two ranks on this machine took. */
export interface TwoRanks {
  /** What started them. */
  readonly launcher: string;
  readonly exchange: ExchangeTimes;
  /** Milliseconds of a step whose batch they share; null where none was asked for. */
  readonly step_ms: number | null;
  /** Whether one adapter, or the processor, does the work of both. */
  readonly shares_adapter: boolean;
}

/** What the ranks are asked for. */
export interface RankOrders {
  readonly config: Config;
  readonly rounds: number;
  /** Whether they train, too. */
  readonly steps: boolean;
}

/**
 * Starts two ranks by the MPI that is installed here, and waits for what they measure.
 *
 * @param device the number of the adapter that both use; null: each its own, where there are two
 * @throws {CollectiveError} where there is no MPI, or the ranks fail, with what they say
 */
export async function twoRanks(
  orders: RankOrders,
  device: number | null = null,
): Promise<TwoRanks> {
  const launcher = await findLauncher();
  const script = fileURLToPath(import.meta.resolve("./rank.ts"));
  const run = [Deno.execPath(), "run", "--quiet", "--allow-all", script];
  const options = optionsOf(launcher, { num_processes: 2, hostfile: null });
  const { code, stdout, stderr } = await new Deno.Command(launcher.command, {
    args: [
      ...options,
      ...run,
      JSON.stringify(orders),
      ...device === null ? [] : [`--device=${device}`],
    ],
    env: AS_ROOT,
    stdin: "null",
  }).output();
  const [out, said] = [stdout, stderr].map((bytes) => new TextDecoder().decode(bytes).trim());
  if (code !== 0) throw new CollectiveError(`two ranks failed (exit code ${code}): ${said}`);
  return {
    launcher: launcher.kind === "openmpi" ? "Open MPI" : "MPICH",
    ...JSON.parse(out.split("\n").at(-1)!),
  };
}
