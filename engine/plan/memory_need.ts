import { byteRange, storageBytes } from "../kernels/dispatch.ts";
import { type Layout, uniformOffsets } from "./layout.ts";
import type { StateLayout } from "../state_layout.ts";

/**
 * The memory that plans need, computed without allocating it.
 * @category Engine
 */
export interface MemoryNeed {
  /** Bytes of all plans and states together. */
  readonly bytes: number;
  /** The largest tensor that a kernel binds, and the kernel. */
  readonly largest: { readonly label: string; readonly bytes: number };
}

/**
 * The memory of plans and states that exist together, without the records of the plans.
 * @category Engine
 */
export function memoryNeed(
  layouts: readonly Layout[],
  states: readonly StateLayout[] = [],
): MemoryNeed {
  let largest = { label: "", bytes: 0 };
  for (const { label, bindings } of layouts.flatMap(({ dispatches }) => dispatches)) {
    for (const { ref } of bindings) {
      const bytes = byteRange(ref).size;
      if (bytes > largest.bytes) largest = { label, bytes };
    }
  }
  const bytes = [...layouts.map(layoutBytes), ...states.map((state) => state.bytes)];
  return { bytes: bytes.reduce((a, b) => a + b, 0), largest };
}

function layoutBytes({ placement, dispatches, memory }: Layout): number {
  const own = placement.storages.filter((s) => s.kind === "own").map(storageBytes);
  return [...memory.buffers, ...own, uniformOffsets(dispatches).bytes].reduce((a, b) => a + b, 0);
}
