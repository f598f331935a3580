import type { Collective } from "../../../train/collective/collective.ts";
import { CollectiveError } from "../../../train/collective/collective_error.ts";
import type { VulkanDevice } from "./vulkan_devices.ts";

/**
 * The GPU of one of several processes on a machine, by its number in the list of devices; null where
 * there is nothing to choose: one GPU, as where Slurm shows each process its own, or none.
 */
export function rankDevice(local_rank: number, devices: readonly VulkanDevice[]): number | null {
  const cards = devices.flatMap(({ isSoftware }, i) => isSoftware ? [] : [i]);
  return cards.length < 2 ? null : cards[local_rank % cards.length];
}

/**
 * Checks that each process has a GPU of its own; a processor may be shared.
 *
 * @param devices those that are left to this process
 * @throws {CollectiveError} naming two that have the same
 */
export async function mustNotShare(
  collective: Collective,
  devices: readonly VulkanDevice[],
): Promise<void> {
  const card = devices.find(({ isSoftware }) => !isSoftware);
  const own = card?.pci ? `${Deno.hostname()} ${card.pci}` : "";
  const all = await collective.gather(new TextEncoder().encode(own));
  const cards = all.map((bytes) => new TextDecoder().decode(bytes));
  for (const [rank, place] of cards.entries()) {
    const first = cards.indexOf(place);
    if (place === "" || first === rank) continue;
    const [host, pci] = place.split(" ");
    throw new CollectiveError(
      `processes ${first} and ${rank} have the same GPU (${pci} on ${host}): start one for each GPU, ` +
        "or choose the one that they share by --device",
    );
  }
}
