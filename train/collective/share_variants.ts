import { type Device, type PlanSpec, tune } from "../../engine/mod.ts";
import { broadcastValue } from "./broadcast_value.ts";
import type { Collective } from "./collective.ts";

/**
 * Lets rank 0 choose the kernel variants of all ranks: equal kernels round equally on equal adapters.
 */
export async function shareVariants(
  device: Device,
  collective: Collective,
  specs: readonly PlanSpec[],
): Promise<void> {
  if (collective.size === 1) return;
  if (collective.rank === 0) { for (const spec of specs) await tune(device, spec); }
  const choices = await broadcastValue(collective, [...device.tuning?.choices ?? []]);
  if (collective.rank > 0) device.tuning?.adopt(new Map(choices));
}
