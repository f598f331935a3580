import type { DeviceOptions } from "../engine/device.ts";

/** Whether goldens are compared at full size and with the kernels of every kind of adapter, too. */
export const IS_FULL = Deno.env.get("SCALELONG_GOLDENS") === "full";

/** How a device is opened so that it runs the kernels of each kind of adapter. */
const EVERY_KIND: readonly DeviceOptions[] = [
  {},
  { withoutSubgroups: true },
  { adapterClass: "integrated" },
  { adapterClass: "discrete" },
];

/** The kinds of adapter that goldens are compared on: the one at hand, or every one. */
export const ADAPTER_KINDS: readonly DeviceOptions[] = IS_FULL
  ? EVERY_KIND
  : EVERY_KIND.slice(0, 1);
