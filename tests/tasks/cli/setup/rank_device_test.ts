import { deepStrictEqual as deepEqual, rejects } from "node:assert/strict";
import { mustNotShare, rankDevice } from "../../../../tasks/cli/setup/rank_device.ts";
import type { VulkanDevice } from "../../../../tasks/cli/setup/vulkan_devices.ts";
import { ONE_PROCESS } from "../../../../train/collective/collective.ts";

const card = (pci: string | null): VulkanDevice => ({
  name: pci ?? "CPU",
  driver: "driver 1",
  pci,
  isSoftware: pci === null,
});
const [first, second, processor] = ["0000_01_00_0", "0000_02_00_0", null].map(card);

Deno.test("rankDevice() gives each process of a machine a GPU of its own, where there are several", () => {
  const chosen = (devices: readonly VulkanDevice[]) =>
    [0, 1, 2].map((local_rank) => rankDevice(local_rank, devices));
  deepEqual(chosen([processor, first, second]), [1, 2, 1]);
  deepEqual(chosen([first, processor]), [null, null, null]);
  deepEqual(chosen([]), [null, null, null]);
});

Deno.test("mustNotShare() names two processes that have one GPU", async () => {
  /** What three processes find, of which this is one. */
  const among = (...others: readonly string[]) => ({
    ...ONE_PROCESS,
    gather: (bytes: Uint8Array) =>
      Promise.resolve([bytes, ...others.map((text) => new TextEncoder().encode(text))]),
  });
  const here = Deno.hostname();
  await mustNotShare(among(`${here} 0000_02_00_0`, "elsewhere 0000_01_00_0"), [first]);
  await mustNotShare(among("", ""), [processor]);
  await rejects(mustNotShare(among("", `${here} 0000_01_00_0`), [first, processor]), {
    name: "CollectiveError",
    message: `processes 0 and 2 have the same GPU (0000_01_00_0 on ${here}): start one for each ` +
      "GPU, or choose the one that they share by --device",
  });
});
