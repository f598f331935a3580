import { counted } from "../../engine/counted.ts";
import type { Capabilities } from "../../engine/mod.ts";
import { broadcastValue } from "../../train/collective/broadcast_value.ts";
import type { Collective } from "../../train/collective/collective.ts";
import { CollectiveError } from "../../train/collective/collective_error.ts";
import type { DeviceMachineOptions } from "./machine_options.ts";
import { fittingSampler } from "./sampler_memory.ts";

/**
 * The {@linkcode fittingSampler} of rank 0, on every rank: the same images are drawn at once.
 *
 * @throws {CollectiveError} where this rank's adapter does not hold as many
 */
export async function sharedSampler(
  capabilities: Capabilities,
  options: DeviceMachineOptions,
  collective: Collective,
): Promise<DeviceMachineOptions> {
  const own = fittingSampler(capabilities, options);
  const [batch, ...rest] = await broadcastValue(collective, own.shape);
  if (own.shape[0] === batch) return own;
  const shared = fittingSampler(capabilities, { ...options, shape: [batch, ...rest] });
  const [most] = shared.shape;
  if (most === batch) return shared;
  throw new CollectiveError(
    `its GPU holds ${counted(most, "image")} at once, that of process 0 ${batch}: set ` +
      `batch_size=${most}`,
  );
}
