/** What each rank of the two does that the benchmark starts; rank 0 prints what it measured, as JSON. */

import { Device } from "../../../engine/mod.ts";
import { shapesOf } from "../../../train/checkpoints/network_shapes.ts";
import { Job } from "../../cli/job.ts";
import { machineFlags } from "../../cli/machine_flags.ts";
import { runTask } from "../../cli/run_task.ts";
import { ensureAdapter } from "../../cli/setup/ensure_adapter.ts";
import { rankDevice } from "../../cli/setup/rank_device.ts";
import { vulkanDevices } from "../../cli/setup/vulkan_devices.ts";
import { tuningFile } from "../../cli/tuning_file.ts";
import { exchangeTimes } from "./exchange_times.ts";
import { stepMs } from "./step_ms.ts";
import type { RankOrders, TwoRanks } from "./two_ranks.ts";

async function main([orders]: readonly string[]): Promise<void> {
  const { config, rounds, steps }: RankOrders = JSON.parse(orders);
  using job = await Job.join();
  const { collective, launcher } = job;
  const cards = launcher ? vulkanDevices().filter(({ isSoftware }) => !isSoftware).length : 0;
  await ensureAdapter(launcher && rankDevice(launcher.local_rank, vulkanDevices()));
  using device = await Device.open({ tuning: tuningFile() });
  const exchange = await exchangeTimes(device, shapesOf(config), collective, rounds);
  const [step_ms = null] = steps ? await stepMs(device, [config], collective, rounds) : [];
  const said: Omit<TwoRanks, "launcher"> = {
    exchange,
    step_ms,
    shares_adapter: cards < collective.size || machineFlags(Deno.args).device !== null,
  };
  if (collective.rank === 0) console.log(JSON.stringify(said));
  await job.leave();
}

if (import.meta.main) await runTask(main);
