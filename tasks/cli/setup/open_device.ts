import { Device } from "../../../engine/mod.ts";
import { broadcastValue } from "../../../train/collective/broadcast_value.ts";
import type { Job } from "../job.ts";
import { machineFlags } from "../machine_flags.ts";
import { tuningFile } from "../tuning_file.ts";
import { Watchdog } from "../watchdog/watchdog.ts";
import { ensureAdapter } from "./ensure_adapter.ts";
import { mustNotShare, rankDevice } from "./rank_device.ts";
import { vulkanDevices } from "./vulkan_devices.ts";

/**
 * Finds an adapter, installing a driver where it must, and opens it under a watchdog. Of several
 * processes, rank 0 goes first, each has a GPU of its own, and all have the kernel variants of rank 0.
 *
 * @param resources closes it
 */
export async function openDevice(
  { collective, launcher }: Pick<Job, "collective" | "launcher">,
  resources: DisposableStack,
): Promise<Device> {
  const watchdog = resources.use(new Watchdog());
  const isFirst = collective.rank === 0;
  if (!isFirst) await collective.barrier();
  await ensureAdapter(launcher && rankDevice(launcher.local_rank, vulkanDevices()));
  if (isFirst) await collective.barrier();
  if (launcher && machineFlags(Deno.args).device === null) {
    await mustNotShare(collective, vulkanDevices());
  }
  const device = resources.use(
    await Device.open({ tuning: tuningFile(), onWait: watchdog.watch }),
  );
  const choices = await broadcastValue(collective, [...device.tuning?.choices ?? []]);
  if (!isFirst) device.tuning?.adopt(new Map(choices));
  return device;
}
